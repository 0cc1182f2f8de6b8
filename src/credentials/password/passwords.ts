// Hashes and verifies passwords, a few at a time, so that many sign-ins do not overload the service.
import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, type Options, verify } from '@node-rs/argon2';
import { Metrics } from '../../telemetry/metrics.js';
import { Config } from '../../config/config.js';
import { FairQueue, type Holder, type Turn } from '../../limits/fair-queue.js';

/** Bounds the work. New passwords have at most MAX_PASSWORD_LENGTH, but earlier releases allowed longer ones. */
const MAX_PASSWORD_CHARACTERS = 1_024;

/** In code points. */
const lengthOf = (text: string) => Array.from(text).length;

@Injectable()
export class Passwords implements OnModuleInit {
  private readonly options: Options;
  private readonly queue: FairQueue;
  private decoy = '';

  constructor(config: Config, metrics: Metrics) {
    // argon2id is this library's default algorithm.
    this.options = {
      memoryCost: config.ARGON2_MEMORY_KIB,
      timeCost: config.ARGON2_PASSES,
      parallelism: config.ARGON2_LANES,
    };
    const places = config.PASSWORD_HASH_CONCURRENCY + config.PASSWORD_QUEUE_LENGTH;
    const fair = Math.ceil((places * config.HASH_QUEUE_SHARE) / 100);
    const share = config.RATE_LIMITS === 'off' ? places : fair;
    this.queue = new FairQueue({ concurrency: config.PASSWORD_HASH_CONCURRENCY, places, share });
    metrics.watch('watchword_password_hashes', 'Password hashes running and waiting', () => ({
      running: this.queue.running,
      waiting: this.queue.waiting,
    }));
  }

  async onModuleInit(): Promise<void> {
    this.decoy = await hash(randomBytes(16).toString('base64'), this.options);
  }

  /** @throws Refusal `overloaded` when too many hashes wait. */
  hash(password: string, holder: Holder = {}): Promise<string> {
    return this.withPlace(holder, (turn) => turn(() => hash(password.normalize('NFC'), this.options)));
  }

  /**
   * Takes a place in the queue before any look-up, so a refused request costs no query.
   * @param work takes a turn for each hash
   * @throws Refusal `overloaded` when too many wait, or too many of this holder
   */
  withPlace<T>(holder: Holder, work: (turn: Turn) => Promise<T>): Promise<T> {
    return this.queue.withPlace(holder, work);
  }

  /**
   * Compares a password with a stored hash; call it in a turn. Only password-check.ts does: it charges first. Where there is
   * no hash, or none that can be read, a decoy costs the same time.
   */
  async isRight(password: string, stored: string | null): Promise<boolean> {
    const normal = password.normalize('NFC');
    const isUsable = stored?.startsWith('$argon2') === true && lengthOf(normal) <= MAX_PASSWORD_CHARACTERS;
    if (isUsable) return verify(stored, normal).catch(() => false);
    await verify(this.decoy, '');
    return false;
  }

  /** The current parameters, as the beginning of a PHC string. */
  get form(): string {
    const { memoryCost, timeCost, parallelism } = this.options;
    return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`;
  }

  /** @throws Refusal `overloaded` when too many hashes wait. */
  assertPlace(holder: Holder): void {
    this.queue.assertPlace(holder);
  }
}
