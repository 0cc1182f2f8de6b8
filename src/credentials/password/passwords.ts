// Hashes and checks passwords, a few at a time, so that a storm of sign-ins does not take the service down.
import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, type Options, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { Metrics } from '../../telemetry/metrics.js';
import { Config } from '../../config/config.js';
import { Refusal } from '../../errors.js';

/** This only bounds the work: a new one is at most MAX_PASSWORD_LENGTH, but earlier ones were longer. */
const MAX_PASSWORD_CHARACTERS = 1_024;

/** In code points. */
const lengthOf = (text: string) => Array.from(text).length;

@Injectable()
export class Passwords implements OnModuleInit {
  private readonly options: Options;
  private readonly limit: ReturnType<typeof pLimit>;
  private decoy = '';

  constructor(
    private readonly config: Config,
    metrics: Metrics,
  ) {
    // argon2id is this library's default algorithm.
    this.options = {
      memoryCost: config.ARGON2_MEMORY_KIB,
      timeCost: config.ARGON2_PASSES,
      parallelism: config.ARGON2_LANES,
    };
    this.limit = pLimit(config.PASSWORD_HASH_CONCURRENCY);
    metrics.watch('watchword_password_hashes', 'Password hashes running and waiting', () => ({
      running: this.limit.activeCount,
      waiting: this.limit.pendingCount,
    }));
  }

  async onModuleInit(): Promise<void> {
    this.decoy = await hash(randomBytes(16).toString('base64'), this.options);
  }

  /** @throws Refusal `overloaded` when too many hashes wait. */
  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password.normalize('NFC'), this.options));
  }

  /**
   * Waits for a place among the hashes. Work that looks a user up does so in its turn: a refused request costs no query.
   * @throws Refusal `overloaded` when too many wait
   */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.assertPlace();
    return this.limit(work);
  }

  /**
   * Compares a password with a stored hash; call it `inTurn`. Where there is no hash, or none that can be read, a decoy
   * costs the same time.
   */
  async isRight(password: string, stored: string | null): Promise<boolean> {
    const normal = password.normalize('NFC');
    const isUsable = stored?.startsWith('$argon2') === true && lengthOf(normal) <= MAX_PASSWORD_CHARACTERS;
    if (isUsable) return verify(stored, normal).catch(() => false);
    await verify(this.decoy, '');
    return false;
  }

  /** Today's parameters, as a PHC string begins with them. */
  get form(): string {
    const { memoryCost, timeCost, parallelism } = this.options;
    return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`;
  }

  /** @throws Refusal `overloaded` when too many hashes wait. */
  assertPlace(): void {
    if (this.limit.pendingCount >= this.config.PASSWORD_QUEUE_LENGTH) throw new Refusal('overloaded');
  }
}
