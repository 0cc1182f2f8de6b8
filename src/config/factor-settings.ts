// The settings of second factors. A part of settings.ts.
import * as z from 'zod';
import { list } from './formats.js';
import type { Setting } from './setting.js';

/** Every installation has these; the second one administers. */
const USER = 'user';
const ADMIN = 'admin';

export const roleName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'must be names of roles: a letter, then up to 31 of a-z, 0-9, _ and -');

const withBoth = (names: readonly string[]) => [...new Set([...(names.includes(USER) ? [] : [USER]), ...names, ADMIN])];

export const factorSettings = {
  ROLES: {
    schema: list(roleName).transform(withBoth).default([USER, ADMIN]),
    standard: 'user,admin',
    about:
      'The roles that people can have, separated by commas, the mightiest last; `user` and `admin` are always among them. What a role permits is up to the services that read the claim `role`; here only `admin` permits anything. A role that is taken off the list stays with whoever has it.',
  },
  MFA_REQUIRED_ROLES: {
    schema: z
      .string()
      .transform((text) => (text.trim() === 'none' ? '' : text))
      .pipe(list(roleName))
      .default([ADMIN]),
    standard: 'admin',
    about:
      'Roles that may not sign in without a second factor, separated by commas; `none` for none. People without one set it up as part of their sign-in. Sessions from before go on until `npm run cli -- sessions end --without-factor`.',
  },
} satisfies Record<string, Setting>;
