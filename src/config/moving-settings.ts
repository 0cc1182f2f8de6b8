// The settings for those who move here from another system. A part of settings.ts.
import { format, Wrong } from './format.js';
import type { Setting } from './setting.js';

const name = format((text) =>
  /^[\x20-\x7e]{1,100}$/.test(text) ? text : new Wrong('must be at most 100 printable ASCII characters'),
);

export const movingSettings = {
  MIGRATION_ISSUER: {
    schema: name.optional(),
    standard: 'none',
    about:
      'The name of the system that people come from, such as its issuer. With it, POST /auth/exchange takes the sessions that were imported from there, and the event of such a sign-in names it (docs/migrating/sessions.md).',
  },
} satisfies Record<string, Setting>;
