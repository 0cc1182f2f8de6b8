// The one document of all account pages, once for each language: its script shows the page that the address names.
import { Injectable } from '@nestjs/common';
import type { PageSettings } from '../../packages/contract/src/account-pages.js';
import { Config } from '../config/config.js';
import { type Language, languages } from '../config/languages.js';
import { version } from '../config/version.js';
import { asHtml } from '../mail/messages/fill.js';
import { PageFiles } from './page-files.js';

/** Files of our own and nothing else; no inline script or style, no frame, no string that becomes script. */
export const contentSecurityPolicy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
  ...["worker-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"],
  ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
].join(';');

@Injectable()
export class AccountDocument {
  private readonly byLanguage: ReadonlyMap<Language, string>;

  constructor(files: PageFiles, config: Config) {
    this.byLanguage = new Map(
      languages.map((language) => [language, filled(files, settingsOf(config, files, language))]),
    );
  }

  in(language: Language): string {
    return this.byLanguage.get(language) ?? '';
  }
}

function settingsOf(config: Config, { logoName }: PageFiles, language: Language): PageSettings {
  return {
    name: config.BRAND_NAME,
    ...(logoName === undefined ? {} : { logo: `/account/assets/${logoName}` }),
    ...(config.SUPPORT_CONTACT === undefined ? {} : { support: config.SUPPORT_CONTACT }),
    registration: config.registration,
    magicLinks: config.MAGIC_LINKS === 'on',
    providers: config.upstreamProviders.map(({ id, label, allowSignUp }) => ({ id, label, signsUp: allowSignUp })),
    passwordMinLength: config.PASSWORD_MIN_LENGTH,
    languages,
    language,
    origins: config.ALLOWED_ORIGINS,
    version,
  };
}

/** @param files whose document is empty where the pages are off */
function filled({ document, themeName }: PageFiles, settings: PageSettings): string {
  const parts: readonly [string, string][] = [
    ['<html lang="en">', `<html lang="${settings.language}">`],
    ['<meta name="watchword" content="" />', `<meta name="watchword" content="${asHtml(JSON.stringify(settings))}" />`],
    ['<title>Watchword</title>', `<title>${asHtml(settings.name)}</title>`],
    ['</head>', `  <link rel="stylesheet" href="/account/assets/${themeName}" />\n  </head>`],
  ];
  if (document === '') return '';
  return parts.reduce((text, [place, value]) => {
    if (!text.includes(place)) throw new Error(`The document of the account pages lacks ${place}.`);
    return text.replace(place, () => value); // a function: a text could hold $&
  }, document);
}
