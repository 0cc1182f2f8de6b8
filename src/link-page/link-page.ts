// Renders the page that a link in a mail opens. It is the same for every token: the token stays in the browser.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { type Language, languages } from '../config/languages.js';
import { tokenPurposes } from '../database/vocabularies.js';
import { contrastingText } from '../mail/messages/contrast.js';
import { asHtml, fill } from '../mail/messages/fill.js';
import { linkTexts, type Purpose } from './link-texts.js';

interface Target {
  readonly route: string;
  readonly asksPassword?: true;
  /** The answer sets cookies of this browser. */
  readonly sendsCookies?: true;
}

const targets: Readonly<Record<Purpose, Target>> = {
  verify: { route: '/auth/email/verify' },
  email: { route: '/auth/email/verify' },
  reset: { route: '/auth/password/reset', asksPassword: true },
  invite: { route: '/auth/password/reset', asksPassword: true },
  magic: { route: '/auth/magic', sendsCookies: true },
  device: { route: '/auth/device', sendsCookies: true },
  freeze: { route: '/auth/freeze' },
};

/** A checkout on Windows may hold CR LF, which the browser turns into LF before it compares the hash. */
const asset = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8').replaceAll('\r\n', '\n');

@Injectable()
export class LinkPage {
  readonly contentSecurityPolicy: string;
  private readonly style: string;
  private readonly script = asset('link-page.browser.js');
  private readonly pages = new Map<string, string>();

  constructor(private readonly config: Config) {
    const { light, dark } = config.BRAND_ACCENT;
    const accent = (colour: string) => `:root{--accent:${colour};--on-accent:${contrastingText(colour)}}`;
    this.style = `${asset('link-page.css')}${accent(light)}@media(prefers-color-scheme:dark){${accent(dark)}}`;
    this.contentSecurityPolicy = [
      "default-src 'none'",
      `script-src '${hashOf(this.script)}'`,
      `style-src '${hashOf(this.style)}'`,
      "connect-src 'self'",
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join(';');
    for (const purpose of tokenPurposes)
      for (const language of languages) this.pages.set(`${purpose} ${language}`, this.render(purpose, language));
  }

  /** @returns undefined for a purpose that does not exist */
  of(purpose: string, language: Language): string | undefined {
    return this.pages.get(`${purpose} ${language}`);
  }

  private render(purpose: Purpose, language: Language): string {
    const { BRAND_NAME: brand, SUPPORT_CONTACT: support, PASSWORD_MIN_LENGTH: length } = this.config;
    const { purposes, page, outcomes, reasons } = linkTexts[language];
    const { heading, intro, button, done } = purposes[purpose];
    const { route, asksPassword = false, sendsCookies = false } = targets[purpose];
    const data = JSON.stringify({ route, sendsCookies, done, outcomes, reasons });
    return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${asHtml(`${heading} · ${brand}`)}</title>
<style>${this.style}</style>
</head>
<body>
<main data-path="/link/${purpose}" data-page="${asHtml(data)}">
<p class="quiet">${asHtml(brand)}</p>
<h1>${asHtml(heading)}</h1>
<p id="intro">${asHtml(intro)}</p>
<noscript><p>${asHtml(page.noScript)}</p></noscript>
<form hidden>
${asksPassword ? passwordField(page, length) : ''}
<button type="submit">${asHtml(button)}</button>
</form>
<p id="outcome" role="status" tabindex="-1"></p>
${support === undefined ? '' : `<p class="quiet">${asHtml(`${page.support} ${support}`)}</p>`}
</main>
<script type="module">${this.script}</script>
</body>
</html>
`;
  }
}

const passwordField = (page: Readonly<Record<'password' | 'hint' | 'show', string>>, length: number): string =>
  `<label for="password">${asHtml(page.password)}</label>
<p id="hint" class="quiet">${fill(page.hint, { length: String(length) }, asHtml)}</p>
<input id="password" name="new-password" type="password" autocomplete="new-password" required
 autocapitalize="off" spellcheck="false" aria-describedby="hint outcome">
<button id="show" class="plain" type="button" aria-pressed="false" aria-controls="password">${asHtml(page.show)}</button>`;

/** CSP 3 §2.3.1 */
const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
