// The brand of mails: name, logo, contact, colours and texts. Read once at the start.
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import type { Accent } from '../../config/brand-settings.js';
import { Log } from '../../telemetry/log.js';
import { english } from './english.js';
import { german } from './german.js';
import type { Texts, TextsByLanguage } from './message-kinds.js';
import { readOverrides } from './overrides.js';

export interface Brand {
  readonly name: string;
  readonly logoUrl: string | undefined;
  readonly support: string | undefined;
  readonly accent: Accent;
  readonly texts: TextsByLanguage;
}

@Injectable()
export class MailBrand implements Brand {
  readonly name: string;
  readonly logoUrl: string | undefined;
  readonly support: string | undefined;
  readonly accent: Accent;
  readonly texts: TextsByLanguage;

  /** A text that is not usable is logged and the built-in one is used: people need their mail more than its wording. */
  constructor(config: Config, log: Log) {
    this.name = config.BRAND_NAME;
    this.logoUrl = config.MAIL_LOGO_URL;
    this.support = config.SUPPORT_CONTACT;
    this.accent = config.BRAND_ACCENT;
    const { texts, mistakes } = readOverrides(config.MAIL_TEXTS_DIR);
    this.texts = { en: merged(english, texts.en), de: merged(german, texts.de) };
    for (const mistake of mistakes) log.error({ event: 'mail.text_not_used' }, `MAIL_TEXTS_DIR: ${mistake}.`);
  }
}

function merged(texts: Texts, replacements: Readonly<Record<string, Readonly<Record<string, string>>>>): Texts {
  const all = Object.entries(texts).map(([kind, parts]) => [kind, { ...parts, ...replacements[kind] }]);
  return Object.fromEntries(all) as Texts;
}
