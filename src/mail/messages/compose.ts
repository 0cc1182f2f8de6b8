// Composes a mail: subject, text and HTML from one source. Pure, and it never throws.
import type { Language } from '../../config/languages.js';
import { asHtml, fill, oneLine, type Values } from './fill.js';
import { htmlPage } from './html-page.js';
import type { Brand } from './mail-brand.js';
import type { MessageKind } from './message-kinds.js';
import { deviceIn, durationIn, factorIn, timeIn } from './words.js';

export interface Particulars {
  readonly language: Language;
  readonly brand: Brand;
  /** Of the kinds that have one. */
  readonly link?: { readonly url: string; readonly lifeSeconds: number } | undefined;
  /** `at`, `role`, `ip`, `browser`, `system`, `factor`, `left`, `provider`; nothing else of it reaches the mail. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Message {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export function compose(kind: MessageKind, { language, brand, link, data }: Particulars): Message {
  const texts = brand.texts[language];
  const { common } = texts;
  const { subject, heading, reason, button = '', ifNotYou } = texts[kind];
  const values: Values = {
    name: brand.name,
    support: brand.support ?? '',
    life: link ? durationIn(language, link.lifeSeconds) : '',
    at: timeIn(language, data.at) ?? common.unknown,
    role: textIn(data.role) ?? common.unknown,
    ip: textIn(data.ip) ?? common.unknown,
    factor: factorIn(texts, data.factor) ?? common.unknown,
    left: textIn(data.left) ?? common.unknown,
    provider: textIn(data.provider) ?? common.unknown,
    device: deviceIn(texts, textIn(data.browser), textIn(data.system)),
  };
  const plain = (text: string) => fill(text, values, oneLine);
  // Mail programs break E-Mail at its hyphen.
  const html = (text: string) => fill(text.replaceAll('E-Mail', 'E\u2011Mail'), values, asHtml);

  const lines = [
    plain(heading),
    plain(reason),
    ...(link ? [`${plain(button)}:\n${oneLine(link.url)}`, plain(common.life)] : []),
    plain(ifNotYou),
    ...(brand.support === undefined ? [] : [plain(common.support)]),
    `-- \n${plain(common.footer)}`,
  ];
  const page = htmlPage({
    language,
    brand,
    subject: html(subject),
    heading: html(heading),
    paragraphs: [html(reason)],
    action: link && { url: asHtml(link.url), button: html(button), openInstead: html(common.openInstead) },
    afterwards: [...(link ? [html(common.life)] : []), html(ifNotYou)],
    support: common.support.split('{support}').map(html),
    footer: html(common.footer),
  });
  return { subject: plain(subject), text: `${lines.join('\n\n')}\n`, html: page };
}

const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
