// Detects one password tried on many accounts, where each account's budget sees one failure. It counts accounts by
// network, and of all failures by hour.
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { guessFailures } from '../database/schema/limits.js';
import type { Caller } from '../http/caller.js';
import { Periodic } from '../runtime/periodic.js';
import { reasonOf } from '../runtime/reason.js';
import { Log } from '../telemetry/log.js';
import { LimitKeys } from './limit-keys.js';
import { LimitStores } from './limit-stores.js';
import { widestOf } from './network.js';
import { SprayAlarm } from './spray-alarm.js';

const WINDOW_SECONDS = 60;
const COUNT_EVERY_MS = 15_000;
/** Fewer failures in an hour raise no alarm, whatever yesterday's number was. */
const LEAST_FAILURES = 200;

@Injectable()
export class Spray implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly seen: RateLimiterAbstract;
  private readonly accounts: RateLimiterAbstract;
  private readonly rounds: Periodic;
  /** Not yet written: a row that every failure changed would be a queue. */
  private failures = 0;

  constructor(
    private readonly database: Database,
    private readonly alarm: SprayAlarm,
    private readonly keys: LimitKeys,
    private readonly config: Config,
    private readonly log: Log,
    stores: LimitStores,
  ) {
    this.seen = stores.limiter('spray:seen', 1, WINDOW_SECONDS);
    this.accounts = stores.limiter('spray:accounts', config.SPRAY_ACCOUNTS, WINDOW_SECONDS);
    const options = { everyMs: COUNT_EVERY_MS, failureEvent: 'spray.count_failed', log };
    this.rounds = new Periodic(options, () => this.countFailures());
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
    await this.countFailures().catch(() => undefined);
  }

  /** After a wrong guess. What goes wrong here is no reason to answer it otherwise. */
  async note(subject: Buffer, caller: Caller): Promise<void> {
    this.failures++;
    const network = widestOf(caller.ip);
    if (network === undefined) return;
    try {
      const name = (await this.keys.nameOf('spray', network)).toString('base64url');
      const { consumedPoints: times } = await this.seen.penalty(`${name}:${subject.toString('base64url')}`);
      if (times > 1) return;
      const { consumedPoints: accounts } = await this.accounts.penalty(name);
      if (accounts > this.config.SPRAY_ACCOUNTS) await this.alarm.raise({ by: 'accounts', count: accounts }, caller);
    } catch (error) {
      this.log.warn({ event: 'spray.count_failed', reason: reasonOf(error) });
    }
  }

  /** Adds what this instance has seen, and compares the hour with the same hour of yesterday. */
  async countFailures(): Promise<void> {
    const seen = this.failures;
    if (seen === 0) return;
    this.failures = 0;
    const { rows } = await this.database.execute<{ today: number; yesterday: number }>(sql`
      insert into ${guessFailures} as f (hour, failures) values (date_trunc('hour', protocol_now()), ${seen})
      on conflict (hour) do update set failures = f.failures + ${seen}
      returning f.failures as today, coalesce((select failures from ${guessFailures} y
        where y.hour = date_trunc('hour', protocol_now()) - interval '1 day'), 0) as yesterday`);
    const { today = 0, yesterday = 0 } = rows[0] ?? {};
    if (today > Math.max(LEAST_FAILURES, yesterday * this.config.SPRAY_FACTOR))
      await this.alarm.raise({ by: 'failures', count: today }, null);
  }
}
