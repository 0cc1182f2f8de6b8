// Which second factors a user has, as a part of statements about them.
import { type SQL, sql } from 'drizzle-orm';
import { recoveryCodes, totpAuthenticators } from '../database/schema/factors.js';
import { passkeys } from '../database/schema/passkeys.js';

const factorKinds = ['totp', 'recovery_code', 'passkey'] as const;
export type FactorKind = (typeof factorKinds)[number];

/** @param userId a value that was given. @returns one column for each kind of factor */
export const heldFactors = (userId: SQL | ReturnType<typeof sql.placeholder>): SQL => sql`
         exists (select from ${totpAuthenticators} where user_id = ${userId} and confirmed_at is not null) as totp,
         exists (select from ${recoveryCodes} where user_id = ${userId} and used_at is null) as recovery_code,
         exists (select from ${passkeys} where user_id = ${userId}) as passkey`;

/** @returns none where no second factor is due: recovery codes alone are none */
export function dueOf(held: Readonly<Record<FactorKind, boolean>> | undefined): FactorKind[] {
  if (!held?.totp && !held?.passkey) return [];
  return factorKinds.filter((kind) => held[kind]);
}
