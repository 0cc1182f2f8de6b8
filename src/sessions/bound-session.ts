// What a refresh of a session that is bound to a key needs: a proof of that key, and one that was not used before. The row
// keeps the time of the last proof and the hashes of those of that second, so no row is added (docs/protocols/bound-refresh.md).
import { sql } from 'drizzle-orm';
import { given } from '../database/prepared.js';
import type { KeyProof } from '../http/key-proof.js';

/** So many proofs are told apart within one second, or with one nonce: more than a family may ask for in a minute. */
const MAX_PROOFS = 64;
const MAX_BYTES = 8 * MAX_PROOFS;

/** A session without a key takes any proof, and none: it stays without a key. */
export const isProven = sql`coalesce(s.jkt is null or s.jkt = ${given('jkt')}::text, false)`;

export const isFull = sql`coalesce(octet_length(s.proof_jti), 0) >= ${sql.raw(String(MAX_BYTES))}`;

/** Made after the last proof; or in its second, and none of those of that second. */
export const isFresh = sql`coalesce(
  s.jkt is null or s.proof_iat is null or s.proof_iat < ${given('madeAt')}::bigint
  or (s.proof_iat = ${given('madeAt')}::bigint and not ${isFull}
      and position(${given('idHash')}::bytea in s.proof_jti) = 0), false)`;

/** Part of the compare-and-set of a rotation and of a replay. */
export const noteProof = sql`
  proof_iat = case when s.jkt is not null then ${given('madeAt')}::bigint end,
  proof_jti = case when s.jkt is null then null when s.proof_iat = ${given('madeAt')}::bigint
                   then s.proof_jti || ${given('idHash')}::bytea else ${given('idHash')}::bytea end`;

export const proofValues = (proof: KeyProof | undefined) => ({
  jkt: proof?.jkt ?? null,
  madeAt: proof?.madeAt ?? null,
  idHash: proof?.idHash ?? null,
});
