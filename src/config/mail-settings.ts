// The settings of mail. A part of settings.ts.
import * as z from 'zod';
import { integer } from './formats.js';
import { linkBase, mailSender, smtpUrl } from './mail-formats.js';
import { fileOf } from './secret-files.js';
import type { Setting } from './setting.js';

export const mailSettings = {
  SMTP_URL: {
    schema: smtpUrl.optional(),
    secret: true,
    about:
      'The server that takes mail: `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`. Without it development prints each mail to the log, and production sends none.',
  },
  SMTP_URL_FILE: fileOf('SMTP_URL'),
  SMTP_CA_FILE: {
    schema: z.string().min(1).optional(),
    about: "Certificate authority (PEM) that verifies the mail server's certificate; by default the system's.",
  },
  MAIL_FROM: {
    schema: mailSender.optional(),
    about: 'The sender: `Example <no-reply@example.com>`. Required with SMTP_URL.',
  },
  LINK_BASE_URL: {
    schema: linkBase.optional(),
    standard: 'PUBLIC_URL/account',
    about:
      "Where the links in mails lead: `/reset#token=…` and the like are put behind it. It is of PUBLIC_URL's origin or one of ALLOWED_ORIGINS. Required with SMTP_URL if ACCOUNT_PAGES=off.",
  },
  MAIL_SPREAD_SECONDS: {
    schema: integer(0, 30).default(2),
    standard: '2',
    about:
      'A mail that anybody can ask for leaves at a random moment within so many seconds: one that left at once would keep the service busy, and the time of the next answer would tell that the address is known. 0 sends at once.',
  },
  MAGIC_LINKS: {
    schema: z.enum(['on', 'off']).default('off'),
    standard: 'off',
    about: 'Whether a mailed link signs in, instead of a password. Whoever reads the mail of a user is then that user.',
  },
} satisfies Record<string, Setting>;
