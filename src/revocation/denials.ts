// Writes what is dead before its time: sessions and single tokens (access_revocations), and whose tokens ended all at once
// (revoked_subjects).
import { inArray, type SQL, sql } from 'drizzle-orm';
import { EVERYBODY } from '../../packages/contract/src/revocations.js';
import type { Transaction } from '../database/database.js';
import { Purging } from '../database/purging.js';
import { accessRevocations, refreshTokens, revokedSubjects, users } from '../database/schema/users-and-sessions.js';
import { MAX_ACCESS_TOKEN_SECONDS } from '../tokens/access-token.js';
import type { RecentRef, RecentUser } from './recent-endings.js';

/**
 * A row is kept until the last token it covers has expired, and two minutes for clocks that differ. The triggers that see
 * changes by hand keep theirs as long (drizzle/0012_revoked_subjects.sql).
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

const isOver = sql`expires_at < protocol_now()`;
/** What covers nothing any more. */
export const overDenials = new Purging({ table: accessRevocations, isOver, by: accessRevocations.expiresAt });
export const overSubjects = new Purging({ table: revokedSubjects, isOver, by: revokedSubjects.expiresAt });

/** Nobody has a version as high: no token of a deleted user is good. */
const NO_VERSION = 2_147_483_647;

/** Whoever has no session has no token. */
const hasSession = sql`exists (select from ${refreshTokens} s where s.user_id = u.id)`;

/** The counters of the user have moved: siblings learn which versions are dead. */
export async function denyOlder(tx: Transaction, userId: string): Promise<void> {
  const { rows } = await tx.execute<{ version: number }>(sql`
    select u.token_version as version from ${users} u where u.id = ${userId} and ${hasSession}`);
  for (const { version } of rows) await denySubject(tx, userId, version);
}

/** The user is about to be deleted. */
export async function denyWhole(tx: Transaction, userId: string): Promise<void> {
  const { rows } = await tx.execute(sql`select from ${users} u where u.id = ${userId} and ${hasSession}`);
  if (rows.length > 0) await denySubject(tx, userId, NO_VERSION);
}

/** A statement of its own: the row lies elsewhere than the user. */
async function denySubject(tx: Transaction, userId: string, goodFrom: number): Promise<void> {
  await tx.execute(sql`
    insert into ${revokedSubjects} (subject, good_from, expires_at) values (${userId}, ${goodFrom}, ${expiresAt}) ${orLater}`);
}

const orLater = sql`on conflict (subject) do update
  set good_from = greatest(${revokedSubjects}.good_from, excluded.good_from), expires_at = excluded.expires_at`;

/**
 * Ends what was issued until now to everybody, for siblings. The transaction of the first users whose counters move.
 * @returns that time, in seconds since 1970
 */
export async function denyEverybody(tx: Transaction): Promise<number> {
  const { rows } = await tx.execute<{ from: number }>(sql`
    insert into ${revokedSubjects} (subject, good_from, expires_at)
    select ${EVERYBODY}, floor(extract(epoch from protocol_now())), ${expiresAt}
    ${orLater} returning good_from::float8 as from`);
  const [row] = rows;
  if (!row) throw new Error('The entry of everybody was not written.');
  return row.from;
}

/** Until the end of the transaction, no trigger writes an entry: everybody's covers the users whose counters move. */
export async function coverByEverybody(tx: Transaction): Promise<void> {
  await tx.execute(sql`select set_config('watchword.ends_everybody', 'on', true)`);
}

/** Entries for users who were issued a token after everybody's. */
export async function denyUsers(tx: Transaction, userIds: readonly string[]): Promise<void> {
  await tx.execute(sql`
    insert into ${revokedSubjects} (subject, good_from, expires_at)
    select id, token_version, ${expiresAt} from ${users} where id = any(${sql.param([...userIds])}::uuid[])
    ${orLater}`);
}

/** The counters of users as the transaction leaves them; none of those whom it has deleted. */
export async function countersOf(tx: Transaction, userIds: readonly string[]): Promise<RecentUser[]> {
  if (userIds.length === 0) return [];
  const rows = await tx
    .select({ id: users.id, tokenVersion: users.tokenVersion, sessionEpoch: users.sessionEpoch })
    .from(users)
    .where(inArray(users.id, [...userIds]));
  const found = new Map(rows.map(({ id, ...counters }) => [id, counters]));
  return userIds.map((userId) => ({ kind: 'user', userId, counters: found.get(userId) }));
}

/** @returns those that are not denied although they were, of users who are there */
export async function missingDenials(tx: Transaction, known: readonly RecentRef[]): Promise<RecentRef[]> {
  if (known.length === 0) return [];
  const column = (name: keyof RecentRef) => sql.param(known.map((each) => each[name]));
  const { rows } = await tx.execute<RecentRef & Record<string, unknown>>(sql`
    select k.user_id as "userId", k.kind, k.ref
      from unnest(${column('userId')}::uuid[], ${column('kind')}::text[], ${column('ref')}::uuid[]) as k (user_id, kind, ref)
      join ${users} u on u.id = k.user_id
     where not exists (select from ${accessRevocations} r
                        where r.user_id = k.user_id and r.kind = k.kind and r.ref = k.ref)`);
  return rows;
}
