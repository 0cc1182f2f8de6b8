// Races two acts: one is held before each of its statements in turn, while the other runs.
import { setTimeout as sleep } from 'node:timers/promises';
import { KeyWatch } from '../../src/keys/key-watch.js';
import { MailDelivery } from '../../src/mail/mail-delivery.js';
import { MailHealth } from '../../src/mail/mail-health.js';
import { sureOfRedis } from './instances.js';
import { PostgresProxy } from './postgres-proxy.js';
import { cloneDatabase, type Service, startService } from './service.js';

/** The results of the held act and of the other one, and whether the other finished before the held one continued. */
type Outcome<H, O> = [held: H, other: O, isOver: boolean];

interface Race<World, H, O> {
  readonly makeWorld: () => Promise<World>;
  readonly held: (world: World) => Promise<H>;
  readonly other: (world: World) => Promise<O>;
  readonly check: (world: World, outcome: Outcome<H, O>) => Promise<void>;
}

/** From now on the service sends no statements but those of requests. */
export async function quieten({ app }: Service): Promise<void> {
  app.get(KeyWatch).onApplicationShutdown();
  await app.get(MailDelivery).beforeApplicationShutdown();
  await app.get(MailHealth).beforeApplicationShutdown();
}

/**
 * Any statement but those of the background, which may come at any time: that confirm ended sessions, look whether the
 * server is the primary (each second) and what a commit waits for (each minute), and that read the keys anew where the
 * last time is seconds ago.
 */
export const OF_AN_ACT =
  /^(?![^]*(?:from "revocation_outbox"|pg_is_in_recovery|'synchronous_commit'|key_ring_version))/;

export class Interleavings {
  private constructor(
    readonly service: Service,
    private readonly proxy: PostgresProxy,
  ) {}

  /** A service whose only statements are those of the acts. */
  static async start(settings: Record<string, string> = {}): Promise<Interleavings> {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const service = await startService(
      { ...sureOfRedis, RATE_LIMITS: 'off', MFA_REQUIRED_ROLES: 'none', ...settings },
      { databaseUrl: proxy.url },
    );
    await quieten(service);
    return new Interleavings(service, proxy);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    this.proxy.close();
  }

  /** Races the two acts once for each statement of the undisturbed held act. */
  async atEach<World, H, O>({ makeWorld, held, other, check }: Race<World, H, O>): Promise<void> {
    const undisturbed = await makeWorld();
    const before = this.proxy.count(OF_AN_ACT);
    await held(undisturbed);
    const statements = this.proxy.count(OF_AN_ACT) - before;
    if (statements === 0) throw new Error('The held act has no statement.');

    for (let n = 1; n <= statements; n++) {
      const world = await makeWorld();
      try {
        const outcome = await this.race(
          n,
          () => held(world),
          () => other(world),
        );
        // Some that were counted may have been the service's own, such as those of a purge: then the act has fewer.
        if (outcome === 'over' && n > 1) return;
        if (outcome === 'over') throw new Error('The act ended before it could be held.');
        await check(world, outcome);
      } catch (cause) {
        throw new Error(`held before statement ${n} of ${statements}`, { cause });
      }
    }
  }

  /** Holds one act before its n-th statement until the other has finished or waits for a lock; then both finish. */
  private async race<H, O>(
    n: number,
    held: () => Promise<H>,
    other: () => Promise<O>,
  ): Promise<Outcome<H, O> | 'over'> {
    const pause = this.proxy.pauseBefore(OF_AN_ACT, n);
    try {
      const first = held();
      if (!(await pause.arrivesDuring(first))) return 'over';
      const second = other();
      const isOver = (await this.untilEndedOrBlocked(second)) === 'ended';
      pause.release();
      return [await first, await second, isOver];
    } finally {
      pause.release();
    }
  }

  private async untilEndedOrBlocked(act: Promise<unknown>): Promise<'ended' | 'blocked'> {
    const end = act.then(
      () => true,
      () => true,
    );
    const limit = AbortSignal.timeout(60_000);
    while (!(await Promise.race([end, sleep(5, false)]))) {
      limit.throwIfAborted();
      const blocked = await this.service.query(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      if (blocked.length > 0) return 'blocked';
    }
    return 'ended';
  }
}
