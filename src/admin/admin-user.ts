// A user as administrators see them: the shapes of the answers of /admin/users.
import * as z from 'zod';
import type { User } from '../users/users.js';

export const adminUser = z
  .object({
    id: z.uuid(),
    email: z.string(),
    emailVerified: z.boolean(),
    role: z.string(),
    status: z.enum(['active', 'disabled', 'pending']).meta({
      description: '`pending`: registered, the address not yet verified; the account goes after a week.',
    }),
    createdAt: z.iso.datetime(),
    disabledAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'AdminUser' });

export type AdminUser = Readonly<z.output<typeof adminUser>>;

type Row = Pick<User, 'id' | 'email' | 'emailVerifiedAt' | 'role' | 'disabledAt' | 'pendingUntil' | 'createdAt'>;

export function toAdminUser(user: Row): AdminUser {
  const { id, email, role, emailVerifiedAt, disabledAt, pendingUntil, createdAt } = user;
  const status = disabledAt ? 'disabled' : pendingUntil ? 'pending' : 'active';
  const times = { createdAt: createdAt.toISOString(), disabledAt: disabledAt?.toISOString() ?? null };
  return { id, email, emailVerified: emailVerifiedAt !== null, role, status, ...times };
}

const factor = z.object({
  kind: z.enum(['totp', 'passkey']),
  id: z.uuid(),
  name: z.string().nullable(),
  createdAt: z.iso.datetime(),
});

const identity = z.object({
  id: z.uuid(),
  provider: z.string().nullable().meta({ description: 'Null for one that is not in the file of providers any more.' }),
  label: z.string(),
  email: z.string().nullable().meta({ description: 'As the provider named it last. It opens nothing.' }),
  linkedAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
});

export const wholeUser = adminUser
  .extend({
    hasPassword: z.boolean(),
    sessions: z.int().meta({ description: 'How many live ones.' }),
    factors: z.array(factor),
    recoveryCodesLeft: z.int(),
    identities: z.array(identity),
  })
  .meta({ id: 'WholeUser' });

export type WholeUser = Readonly<z.output<typeof wholeUser>>;
