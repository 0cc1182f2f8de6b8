// The settings of passwords and their hashes. A part of settings.ts.
import { availableParallelism } from 'node:os';
import { httpUrl, integer } from './formats.js';
import type { Setting } from './setting.js';

export const passwordSettings = {
  PASSWORD_MIN_LENGTH: {
    schema: integer(8, 128).default(15),
    standard: '15',
    about:
      'In characters (code points). Set less than 15 only if `MFA_REQUIRED_ROLES` names every role; else production warns at each start.',
  },
  PASSWORD_BREACH_URL: {
    schema: httpUrl
      .refine((text) => !text.includes('?'), 'must not have a query: a prefix is put behind it')
      .optional(),
    standard: 'off',
    about:
      'Range API that is asked whether a new password is known from a breach (`https://api.pwnedpasswords.com/range`); https in production. Five characters of its SHA-1 leave.',
  },
  ARGON2_MEMORY_KIB: {
    schema: integer(7168, 1_048_576).default(19_456),
    standard: '19456',
    about:
      'argon2id memory. Production requires 47104 with 1 pass, 19456 with 2, 12288 with 3, 9216 with 4, 7168 with 5.',
  },
  ARGON2_PASSES: { schema: integer(1, 20).default(2), standard: '2', about: 'argon2id passes.' },
  ARGON2_LANES: { schema: integer(1, 16).default(1), standard: '1', about: 'argon2id lanes.' },
  PASSWORD_HASH_CONCURRENCY: {
    schema: integer(1, 64).default(availableParallelism()),
    standard: 'number of cores',
    about: 'Password hashes that run at the same time.',
  },
  PASSWORD_QUEUE_LENGTH: {
    schema: integer(1, 10_000).default(100),
    standard: '100',
    about: 'Password hashes that may wait; further ones are refused with 503 `overloaded`.',
  },
} satisfies Record<string, Setting>;
