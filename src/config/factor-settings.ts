// The settings of second factors. A part of settings.ts.
import * as z from 'zod';
import { list } from './formats.js';
import type { Setting } from './setting.js';

/** Those of database/vocabularies.ts, which lies above this floor; sign-in/ does not compile if one is missing. */
export const rolesWithFactors = ['user', 'admin'] as const;

export const factorSettings = {
  MFA_REQUIRED_ROLES: {
    schema: z
      .string()
      .transform((text) => (text === 'none' ? '' : text))
      .pipe(list(z.enum(rolesWithFactors, `must be ${rolesWithFactors.join(' or ')}, separated by commas, or none`)))
      .default(['admin']),
    standard: 'admin',
    about:
      'Roles that may not sign in without a second factor, separated by commas; `none` for none. People without one set it up as part of their sign-in. Sessions from before go on until `npm run cli -- sessions end --without-factor`.',
  },
} satisfies Record<string, Setting>;
