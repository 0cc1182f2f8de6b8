// Looks each second whether the primary answers, and whether it is still the same history. On a
// connection of its own: a flood that holds all of the pool's must not look like an outage.
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type pg from 'pg';
import { Periodic } from '../../runtime/periodic.js';
import { reasonOf } from '../../runtime/reason.js';
import { Log } from '../../telemetry/log.js';
import { Metrics } from '../../telemetry/metrics.js';
import { DatabasePool } from '../database-pool.js';
import { timelineOf } from './history.js';
import { CONNECT_WITHIN_MS, connectToPrimary } from '../connections/hosts.js';
import { refuseAnswer } from '../connections/standby.js';
import { isDatabaseUnavailable } from '../connections/unavailable.js';

const EVERY_MS = 1_000;

const connection = {
  application_name: 'watchword-watch',
  connectionTimeoutMillis: CONNECT_WITHIN_MS,
  query_timeout: CONNECT_WITHIN_MS,
  keepAlive: true,
};

interface Seen {
  readonly is_standby: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** When it was asked, by a steady clock of ours. */
  readonly askedAt: number;
  /** Which database system, and which of its histories: a promotion begins another one. */
  readonly history: string | null;
}

/** @param history from the old one, as `system/timeline`, to the new one */
export type OnOtherHistory = (from: string, to: string) => Promise<void>;

@Injectable()
export class DatabaseWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Periodic;
  private client: pg.Client | undefined;
  private history: string | undefined;
  private knowsHistory = true;
  private isAway = false;
  /** Runs when the history is another one; again with the next look where it failed. */
  onOtherHistory: OnOtherHistory = () => Promise.resolve();

  constructor(
    private readonly database: DatabasePool,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.rounds = new Periodic({ everyMs: EVERY_MS, failureEvent: 'database.away', log }, () => this.look());
    metrics.watch('watchword_database_primary', '1 while the primary answers', () => ({
      reached: this.isAway ? 0 : 1,
    }));
    metrics.watch('watchword_database_timeline', 'The history of the primary: a promotion begins another one', () =>
      this.history === undefined ? {} : { current: timelineOf(this.history) },
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.look().catch(() => undefined); // what is revoked from now on belongs to this history
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
    await this.client?.end();
  }

  private async look(): Promise<void> {
    const { outages } = this.database.pool;
    let seen: Seen;
    try {
      seen = await this.ask();
    } catch (error) {
      this.hangUp();
      if (isDatabaseUnavailable(error)) outages.failed();
      this.isAway = true;
      throw error;
    }
    outages.answered(seen.now, seen.askedAt);
    if (this.isAway) this.log.info({ event: 'database.back' });
    this.isAway = false;
    if (seen.history !== null) await this.compare(seen.history);
  }

  private async compare(history: string): Promise<void> {
    const from = (this.history ??= history);
    if (from === history) return;
    this.database.pool.retire(); // it may hold connections to a server that does not know of its end
    try {
      await this.onOtherHistory(from, history);
      this.history = history;
    } catch (error) {
      this.log.error({ event: 'database.reassertion_failed', reason: reasonOf(error) });
    }
  }

  private async ask(): Promise<Seen> {
    this.client ??= await connectToPrimary(this.database.pool.hosts, connection);
    const { client } = this;
    try {
      return await this.seenBy(client);
    } catch (error) {
      // A managed service may not let us see its WAL.
      if (isDatabaseUnavailable(error) && !isForbidden(error)) throw error;
      if (!this.knowsHistory) throw error;
      this.log.warn({ event: 'database.timeline_unknown' }, UNKNOWN);
      this.knowsHistory = false;
      return this.seenBy(client);
    }
  }

  private async seenBy(client: pg.Client): Promise<Seen> {
    const askedAt = performance.now();
    const { rows } = await client.query<Omit<Seen, 'askedAt'>>(statement(this.knowsHistory));
    const [seen] = rows;
    if (!seen) throw new Error('The database returned no time.');
    refuseAnswer(rows, client);
    return { ...seen, askedAt };
  }

  private hangUp(): void {
    const { client } = this;
    this.client = undefined;
    void client?.end().catch(() => undefined);
  }
}

const UNKNOWN =
  'The role of DATABASE_URL cannot see the timeline of the server: after a fail-over that lost commits, what was ' +
  'revoked last is not revoked again (docs/operations/postgresql.md).';

/** PostgreSQL, Appendix A: insufficient_privilege. */
const isForbidden = (error: unknown) => (error as { code?: unknown }).code === '42501';

const statement = (withHistory: boolean) => `
  SELECT pg_catalog.pg_is_in_recovery() AS is_standby,
         extract(epoch FROM public.protocol_now())::float8 * 1000 AS now,
         ${
           withHistory
             ? `CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL ELSE
                (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) || '/' ||
                left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 8) END`
             : 'NULL'
         } AS history`;
