// Raises the counters of users to what they were already, after a fail-over that has lost it.
import { sql } from 'drizzle-orm';
import type { Queries } from '../database/database.js';
import { users } from '../database/schema/users-and-sessions.js';

export interface KnownCounters {
  readonly userId: string;
  /** Undefined for a user who had been deleted: whatever is there again is one too low. */
  readonly counters: { readonly tokenVersion: number; readonly sessionEpoch: number } | undefined;
}

/** @returns the ids of those whose counters were lower. Never lowers one */
export async function raiseCounters(tx: Queries, known: readonly KnownCounters[]): Promise<string[]> {
  if (known.length === 0) return [];
  const ids = sql.param(known.map(({ userId }) => userId));
  const versions = sql.param(known.map(({ counters }) => counters?.tokenVersion ?? null));
  const epochs = sql.param(known.map(({ counters }) => counters?.sessionEpoch ?? null));
  const { rows } = await tx.execute<{ id: string }>(sql`
    update ${users} u
       set token_version = greatest(u.token_version, coalesce(k.version, u.token_version + 1)),
           session_epoch = greatest(u.session_epoch, coalesce(k.epoch, u.session_epoch + 1))
      from unnest(${ids}::uuid[], ${versions}::int[], ${epochs}::int[]) as k (id, version, epoch)
     where u.id = k.id and (k.version is null or u.token_version < k.version or u.session_epoch < k.epoch)
    returning u.id`);
  return rows.map(({ id }) => id);
}
