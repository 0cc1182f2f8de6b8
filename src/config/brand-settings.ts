// Settings of the look and the language of account pages and mails, and of the texts of mails. A part of settings.ts.
import * as z from 'zod';
import { languages } from './languages.js';
import { httpUrl } from './formats.js';
import { format, Wrong } from './format.js';
import type { Setting } from './setting.js';

/** Longer names are cut off in the lists of mail programs. */
const MAX_NAME = 60;

const brandName = format((text) =>
  text.length <= MAX_NAME && !/[\p{C}<>"{}]/u.test(text)
    ? text
    : new Wrong(`must be a name of at most ${MAX_NAME} characters without < > " { }`),
);

const httpsUrl = httpUrl.refine((text) => text.startsWith('https:'), 'must be an https URL');

const supportContact = format((text) =>
  z.email().safeParse(text).success || httpsUrl.safeParse(text).success
    ? text
    : new Wrong('must be an email address or an https URL'),
);

export interface Accent {
  readonly light: string;
  readonly dark: string;
}

/** Without `#`, too: in an env file it begins a comment. */
const accent = format((text): Accent | Wrong => {
  const colours = text.split(',').map((part) => /^#?([0-9a-f]{6})$/.exec(part.trim().toLowerCase())?.[1]);
  const [light, dark = light, ...rest] = colours;
  if (light === undefined || dark === undefined || rest.length > 0 || colours.includes(undefined))
    return new Wrong('must be a colour such as 1d4ed8, or two, separated by a comma');
  return { light: `#${light}`, dark: `#${dark}` };
});

export const brandSettings = {
  BRAND_NAME: {
    schema: brandName.default('Watchword'),
    standard: 'Watchword',
    about: 'The name of your product in pages and mails, as its users know it; also the name of the sender.',
  },
  BRAND_LOGO_FILE: {
    schema: z.string().min(1).optional(),
    about: 'File with the logo on the account pages, SVG or PNG, at most 100 kB. The service serves it itself.',
  },
  MAIL_LOGO_URL: {
    schema: httpsUrl.optional(),
    about: 'https URL of a logo in mails (shown 40 pixels high). Without it mails load nothing from anywhere.',
  },
  SUPPORT_CONTACT: {
    schema: supportContact.optional(),
    about: 'Email address or https URL of your help desk, on the pages and at the end of each mail.',
  },
  BRAND_ACCENT: {
    schema: accent.default({ light: '#1d4ed8', dark: '#8ab4f8' }),
    standard: '1d4ed8,8ab4f8',
    about: 'Colour of buttons and links; a second one after a comma is for dark mode.',
  },
  MAIL_TEXTS_DIR: {
    schema: z.string().min(1).optional(),
    about:
      'Folder with texts of your own, en.json and de.json (docs/mail.md). Each mistake in it is logged at the start.',
  },
  DEFAULT_LANGUAGE: {
    schema: z.enum(languages).default('en'),
    standard: 'en',
    about: 'Language of pages and mails for a browser that asks for neither English nor German.',
  },
} satisfies Record<string, Setting>;
