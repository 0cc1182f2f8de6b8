// Looks once a second, on every instance, whether a key has changed or must change; one instance
// then acts.
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Metrics } from '../telemetry/metrics.js';
import { Config } from '../config/config.js';
import { Log } from '../telemetry/log.js';
import { reasonOf } from '../runtime/reason.js';
import { KeyRing } from './key-ring.js';
import { KeyStore } from './key-store.js';
import { nextRotationAt, partsOf, planUpkeep, type Policy, policyOf } from './rotation.js';
import { stateOf } from './signing-key.js';

const EVERY_MS = 1_000;
/** After an upkeep that failed: it would most likely fail again at once. */
const PAUSE_MS = 30_000;
const MAX_SKEW_SECONDS = 5;

@Injectable()
export class KeyWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private isBlind = false;
  private hasWrongClock = false;
  private pausedUntil = 0;
  private readonly policy: Policy;

  constructor(
    private readonly ring: KeyRing,
    private readonly store: KeyStore,
    private readonly log: Log,
    metrics: Metrics,
    config: Config,
  ) {
    this.policy = policyOf(config);
    this.publishFigures(metrics);
  }

  onApplicationBootstrap(): void {
    this.wait();
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** The next look is due a second after the last one ended, however long that took. */
  private wait(): void {
    const timer = setTimeout(() => void this.look().then(() => this.timer === timer && this.wait()), EVERY_MS).unref();
    this.timer = timer;
  }

  /** Reads what has changed, then does what is due. Never throws. */
  async look(): Promise<void> {
    try {
      await this.ring.poll();
      if (this.isBlind) this.log.info({ event: 'keys.poll_recovered' });
      this.isBlind = false;
      this.compareClocks();
    } catch (error) {
      if (!this.isBlind && this.timer) this.log.warn({ event: 'keys.poll_failed', reason: reasonOf(error) });
      this.isBlind = true;
      return;
    }
    await this.upkeep();
  }

  /**
   * A wrong clock harms no token here, but logs, siblings and other programs of this machine
   * believe it.
   */
  private compareClocks(): void {
    const { skewSeconds } = this.ring;
    const isWrong = Math.abs(skewSeconds) > MAX_SKEW_SECONDS;
    if (isWrong && !this.hasWrongClock) this.log.warn({ event: 'clock.skewed', skewSeconds: Math.round(skewSeconds) });
    this.hasWrongClock = isWrong;
  }

  /** What is due is worked out from memory; the database is asked only when something is due. */
  private async upkeep(): Promise<void> {
    const plan = planUpkeep(this.ring.keys, this.ring.now(), this.policy);
    if (plan.length === 0 || this.ring.now().getTime() < this.pausedUntil) return;
    try {
      await this.store.change((keys, now) => planUpkeep(keys, now, this.policy), null);
      await this.ring.reload();
    } catch (error) {
      this.pausedUntil = this.ring.now().getTime() + PAUSE_MS;
      this.log.error({ event: 'keys.upkeep_failed', reason: reasonOf(error) });
    }
  }

  private publishFigures(metrics: Metrics): void {
    const seconds = (from: Date, to: Date) => Math.round((to.getTime() - from.getTime()) / 1_000);
    const ofSigner = (read: (now: Date) => Date | null | undefined, sign: 1 | -1) => () => {
      const now = this.ring.now();
      const { signer } = partsOf(this.ring.keys, now);
      const time = read(now);
      return signer && time ? { [signer.kid]: sign * seconds(now, time) } : {};
    };
    const activatedAt = (now: Date) => partsOf(this.ring.keys, now).signer?.activateAt;
    const rotatesAt = (now: Date) => nextRotationAt(this.ring.keys, now, this.policy);
    metrics.watch('watchword_signing_key_age_seconds', 'Since the signer signs', ofSigner(activatedAt, -1), 'kid');
    metrics.watch('watchword_signing_key_seconds_left', 'Until the signer hands over', ofSigner(rotatesAt, 1), 'kid');
    metrics.watch('watchword_clock_skew_seconds', "This machine's clock less the database's", () => ({
      instance: this.ring.skewSeconds,
    }));
    metrics.watch('watchword_signing_keys', 'Keys in the key set, by what they do', () => {
      const counts = { standby: 0, signing: 0, retired: 0, removed: 0 };
      for (const key of this.ring.keys) counts[stateOf(key, this.ring.now())] += 1;
      const { removed: _gone, ...published } = counts;
      return published;
    });
  }
}
