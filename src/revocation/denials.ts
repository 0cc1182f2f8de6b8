// The rows of access_revocations: sessions and single tokens that are dead before their time.
import { type SQL, sql } from 'drizzle-orm';
import type { Queries, Transaction } from '../database/database.js';
import { accessRevocations, users } from '../database/schema.js';
import { MAX_ACCESS_TOKEN_SECONDS } from '../tokens/access-token.js';

/**
 * A row is kept until the last token it covers has expired, and two minutes for clocks that differ.
 */
const KEPT_SECONDS = MAX_ACCESS_TOKEN_SECONDS + 120;

const expiresAt = sql`protocol_now() + make_interval(secs => ${KEPT_SECONDS})`;

/** @param kind of the refs: `s` for sessions by their sid, `j` for access tokens by their jti */
export async function deny(tx: Transaction, kind: 's' | 'j', userId: string, refs: readonly string[]): Promise<void> {
  if (refs.length === 0) return;
  await tx.execute(sql`
    insert into ${accessRevocations} (user_id, kind, ref, expires_at)
    select u.id, ${kind}, ref, ${expiresAt}
      from ${users} u, unnest(${sql.param([...refs])}::uuid[]) as ref
     where u.id = ${userId}
    on conflict do nothing`);
}

/** The denial as a part of a larger statement, for each session (user_id, id) of `source`. */
export const denyFrom = (source: SQL, isWanted: boolean) => sql`
  insert into ${accessRevocations} (user_id, kind, ref, expires_at)
  select user_id, 's', id, ${expiresAt} from ${source} where ${isWanted}
  on conflict do nothing`;

/**
 * `protocol_now()` is volatile: only as a subquery it is one value, which an index can be searched
 * for.
 * @returns how many of those that cover nothing any more went, at most `limit`
 */
export async function purgeDenials(queries: Queries, limit: number): Promise<number> {
  const { rowCount } = await queries.execute(sql`
    delete from ${accessRevocations} where (user_id, kind, ref) in (
      select user_id, kind, ref from ${accessRevocations} where expires_at < (select protocol_now())
       order by expires_at limit ${limit} for update skip locked)`);
  return rowCount ?? 0;
}
