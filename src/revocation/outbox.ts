// Deletes what Redis holds of a user after a revocation: right after the commit, and again from a
// row of the same transaction where Redis did not confirm or the instance died.
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Log } from '../telemetry/log.js';
import { Database, type Queries, type Transaction } from '../database/database.js';
import { Purging } from '../database/purging.js';
import { revocationOutbox } from '../database/schema/users-and-sessions.js';
import { Periodic } from '../runtime/periodic.js';
import type { Confirmation } from './confirmation.js';
import { RevocationMetrics } from './revocation-metrics.js';
import { VerdictCache } from './verdict-cache.js';

const EVERY_MS = 500;
/** The instance that wrote a younger row is deleting the entry just now. */
const LEAVE_ALONE_MS = 1_000;
const BATCH = 100;
/** No entry in Redis lives for a minute. */
const OUTLIVED_SECONDS = 120;

/** Rows that are older than anything Redis may still hold. */
export const outlived = new Purging({
  table: revocationOutbox,
  isOver: sql`created_at < protocol_now() - make_interval(secs => ${OUTLIVED_SECONDS})`,
  by: revocationOutbox.createdAt,
});

type Due = Record<string, unknown> & { userId: string; id: string; created_at: string; age: number };

@Injectable()
export class Outbox implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Periodic;

  constructor(
    private readonly database: Database,
    private readonly cache: VerdictCache,
    log: Log,
    private readonly metrics: RevocationMetrics,
  ) {
    this.rounds = new Periodic({ everyMs: EVERY_MS, failureEvent: 'outbox.delayed', log }, () => this.workOff());
  }

  onApplicationBootstrap(): void {
    if (this.cache.isFed) this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /**
   * Writes one row for each user. After the commit the entries in Redis are deleted; confirmed rows
   * go at once.
   */
  async add(tx: Transaction, userIds: ReadonlySet<string>): Promise<Confirmation> {
    if (userIds.size === 0) return { isConfirmed: true }; // the last batch of everybody may be empty
    const confirmation = { isConfirmed: !this.cache.isFed };
    const rows = [...userIds].map((userId) => ({ userId, id: uuidv7() }));
    await tx.insert(revocationOutbox).values(rows);
    if (!this.cache.isFed) return confirmation; // an instance that has Redis works the row off
    tx.afterCommit(async () => {
      confirmation.isConfirmed = await this.cache.invalidate([...userIds]);
      // Nobody waits for this: a row that stays is worked off by the next round.
      if (confirmation.isConfirmed) void this.remove(this.database, rows).catch(() => undefined);
    });
    return confirmation;
  }

  /** The row as a part of a larger statement, once for each row of `source`. */
  insertFrom(source: SQL, isWanted: boolean): SQL {
    return sql`insert into ${revocationOutbox} (user_id, id) select user_id, ${uuidv7()}::uuid from ${source}
      where ${isWanted}`;
  }

  /**
   * Works off every due row, even when some fail: one dead node of a Cluster must not hold up the
   * others.
   */
  private async workOff(): Promise<void> {
    const failures: unknown[] = [];
    let last: Due | undefined;
    let oldest = 0;
    do {
      const rows = await this.workOffNext(last, failures);
      oldest = Math.max(oldest, rows[0]?.age ?? 0);
      last = rows.length === BATCH ? rows.at(-1) : undefined;
    } while (last && !this.rounds.isEnding);
    this.metrics.outboxLagSeconds = failures.length > 0 ? oldest : 0;
    if (failures.length > 0) throw failures[0];
  }

  /** Instances may work off the same rows at once: to delete an entry twice does no harm. */
  private async workOffNext(last: Due | undefined, failures: unknown[]): Promise<Due[]> {
    const after = last ? sql`and (created_at, id) > (${last.created_at}::timestamptz, ${last.id}::uuid)` : sql``;
    const { rows } = await this.database.execute<Due>(sql`
      select user_id as "userId", id, created_at::text, extract(epoch from now - created_at)::float8 as age
        from ${revocationOutbox}, protocol_now() as now
       where created_at < protocol_now() - make_interval(secs => ${LEAVE_ALONE_MS / 1_000}) ${after}
       order by created_at, id limit ${BATCH}`);
    const told = await Promise.allSettled(rows.map(({ userId }) => this.cache.drop(userId)));
    const done = rows.filter((_, at) => told[at]?.status === 'fulfilled');
    for (const result of told) if (result.status === 'rejected') failures.push(result.reason);
    if (done.length > 0) await this.remove(this.database, done);
    return rows;
  }

  private async remove(queries: Queries, rows: readonly { userId: string; id: string }[]): Promise<void> {
    const userIds = sql.param(rows.map(({ userId }) => userId));
    const ids = sql.param(rows.map(({ id }) => id));
    await queries.execute(sql`
      delete from ${revocationOutbox} where user_id = any(${userIds}::uuid[]) and id = any(${ids}::uuid[])`);
  }
}
