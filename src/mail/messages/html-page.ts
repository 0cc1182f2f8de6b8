// Lays a mail out as HTML: tables and inline styles, which every mail program understands, and a dark mode for those
// that have one. Every text arrives escaped. Nothing is loaded, unless a logo is set.
import type { Language } from '../../config/languages.js';
import { contrastingText } from './contrast.js';
import { asHtml } from './fill.js';
import type { Brand } from './mail-brand.js';

interface Page {
  readonly language: Language;
  readonly brand: Brand;
  readonly subject: string;
  readonly heading: string;
  readonly paragraphs: readonly string[];
  readonly action: { readonly url: string; readonly button: string; readonly openInstead: string } | undefined;
  readonly afterwards: readonly string[];
  /** What stands before and after the contact. */
  readonly support: readonly string[];
  readonly footer: string;
}

const FONT = 'font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif';
const light = { page: '#f3f4f6', card: '#ffffff', text: '#1f2937', quiet: '#4b5563' };
const dark = { page: '#111418', card: '#1b2027', text: '#e5e7eb', quiet: '#a8b0bd' };

export function htmlPage(page: Page): string {
  const { language, brand, subject, heading, paragraphs, action, afterwards, footer } = page;
  const { accent } = brand;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${subject}</title>
<style>
:root{color-scheme:light dark}
@media (prefers-color-scheme:dark){
.page{background:${dark.page}!important}
.card{background:${dark.card}!important}
.text{color:${dark.text}!important}
.quiet{color:${dark.quiet}!important}
.link{color:${accent.dark}!important}
.button{background:${accent.dark}!important;color:${contrastingText(accent.dark)}!important}
}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:${light.page}">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:${light.page}">
<tr><td align="center" style="padding:32px 16px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" \
style="max-width:520px;background:${light.card};border-radius:12px">
<tr><td class="text" style="padding:32px;${FONT};font-size:16px;line-height:1.5;color:${light.text}">
${masthead(brand)}
<h1 class="text" style="margin:0 0 16px;font-size:22px;line-height:1.3;color:${light.text}">${heading}</h1>
${paragraphs.map((text) => paragraph(text)).join('\n')}
${action ? button(action, brand) : ''}
${afterwards.map((text) => paragraph(text)).join('\n')}
${action ? openInstead(action, brand) : ''}
</td></tr>
</table>
<p class="quiet" style="margin:16px 0 0;${FONT};font-size:13px;line-height:1.5;color:${light.quiet}">\
${contact(page)}${footer}</p>
</td></tr>
</table>
</body>
</html>
`;
}

const masthead = ({ logoUrl, name }: Brand): string =>
  logoUrl === undefined
    ? `<p class="quiet" style="margin:0 0 24px;font-weight:600;color:${light.quiet}">${asHtml(name)}</p>`
    : `<p style="margin:0 0 24px"><img src="${asHtml(logoUrl)}" alt="${asHtml(name)}" height="40" \
style="height:40px;width:auto;border:0"></p>`;

const paragraph = (text: string): string => `<p class="text" style="margin:0 0 16px;color:${light.text}">${text}</p>`;

const button = ({ url, button: label }: { url: string; button: string }, { accent }: Brand): string =>
  `<p style="margin:24px 0"><a class="button" href="${url}" style="display:inline-block;padding:12px 24px;\
border-radius:8px;background:${accent.light};color:${contrastingText(accent.light)};font-weight:600;\
text-decoration:none">${label}</a></p>`;

const openInstead = ({ url, openInstead: text }: { url: string; openInstead: string }, { accent }: Brand): string =>
  `<p class="quiet" style="margin:24px 0 0;font-size:13px;color:${light.quiet}">${text}<br>\
<a class="link" href="${url}" style="color:${accent.light};word-break:break-all">${url}</a></p>`;

function contact({ brand: { support, accent }, support: [before = '', after = ''] }: Page): string {
  if (support === undefined) return '';
  const href = support.startsWith('https:') ? support : `mailto:${support}`;
  const link = `<a class="link" href="${asHtml(href)}" style="color:${accent.light}">${asHtml(support)}</a>`;
  return `${before}${link}${after}<br>`;
}
