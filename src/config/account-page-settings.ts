// The settings of the account pages. A part of settings.ts.
import * as z from 'zod';
import type { Setting } from './setting.js';

export const accountPageSettings = {
  ACCOUNT_PAGES: {
    schema: z.enum(['on', 'off']).default('on'),
    standard: 'on',
    about: 'Whether the service serves its account pages at /account (docs/account-pages.md).',
  },
} satisfies Record<string, Setting>;
