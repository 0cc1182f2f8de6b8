// The files of the account pages, kept in memory: a few, of about 100 kB in all.
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { type PageFile, readBuiltPages } from './built-pages.js';
import { readLogo } from './logo.js';
import { themeOf } from './theme.js';

@Injectable()
export class PageFiles {
  /** As it was built, without what the service fills in. */
  readonly document: string;
  readonly themeName: string;
  readonly logoName: string | undefined;
  private readonly files: ReadonlyMap<string, PageFile>;

  constructor(config: Config) {
    const { document, assets } =
      config.ACCOUNT_PAGES === 'on' ? readBuiltPages() : { document: '', assets: new Map<string, PageFile>() };
    const theme = Buffer.from(themeOf(config.BRAND_ACCENT));
    const logo = config.BRAND_LOGO_FILE === undefined ? undefined : readLogo(config.BRAND_LOGO_FILE);
    this.document = document;
    this.logoName = logo && `logo-${hashOf(logo.content)}.${logo.ending}`;
    this.themeName = `theme-${hashOf(theme)}.css`;
    this.files = new Map([
      ...assets,
      ...(logo && this.logoName ? [[this.logoName, logo] as const] : []),
      [this.themeName, { type: 'text/css; charset=utf-8', content: theme, encoded: {} }],
    ]);
  }

  named(name: string): PageFile | undefined {
    return this.files.get(name);
  }
}

/** Part of a name, so that a file that changes has another one. */
const hashOf = (content: Buffer) => createHash('sha256').update(content).digest('base64url').slice(0, 8);
