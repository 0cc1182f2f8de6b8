// Hashes and verifies passwords, a few at a time, so that many sign-ins do not overload the service.
import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, type Options } from '@node-rs/argon2';
import { Metrics } from '../../telemetry/metrics.js';
import { Config } from '../../config/config.js';
import { FairQueue, type Holder, type Turn } from '../../limits/fair-queue.js';
import { decoyLike, readStored, type StoredHash } from './forms/stored-hash.js';
import { type Digest, storedWrapped } from './forms/wrapped-form.js';

/** Bounds the work. New passwords have at most MAX_PASSWORD_LENGTH, but earlier releases allowed longer ones. */
const MAX_PASSWORD_CHARACTERS = 1_024;

/** In code points. */
const lengthOf = (text: string) => Array.from(text).length;

@Injectable()
export class Passwords implements OnModuleInit {
  private readonly options: Options;
  private readonly queue: FairQueue;
  private readonly verifications;
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
    const help = 'Verifications of passwords by the form of the hash, decoys included';
    this.verifications = metrics.counter('watchword_password_verifications_total', help, 'form');
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
   * Compares a password with a stored hash of any form; call it in a turn. Only password-check.ts does: it charges first.
   * A hash that cannot be read costs what a readable one of its parameters costs, no hash what the decoy costs.
   * @param decoy a hash that matches no password; null: the current parameters
   */
  async isRight(password: string, stored: string | null, decoy: string | null): Promise<boolean> {
    const own = stored === null ? undefined : readable(stored);
    const { family, verify } = own ?? this.standIn(stored, decoy);
    // Systems differ in whether they normalize. Each spelling is verified whatever the others gave: the time tells nothing.
    const normal = password.normalize('NFC');
    const isPossible = own !== undefined && password !== '' && lengthOf(normal) <= MAX_PASSWORD_CHARACTERS;
    const verified = (spelling: string) => {
      this.verifications.inc({ form: family });
      return verify(spelling).catch(() => false);
    };
    let isRight = false;
    for (const spelling of new Set([password, normal])) isRight = (await verified(spelling)) || isRight;
    return isPossible && isRight;
  }

  private standIn(stored: string | null, decoy: string | null): StoredHash {
    const alike = stored === null ? undefined : decoyLike(stored);
    const found = [alike, decoy, this.decoy].flatMap((each) => (each ? (readable(each) ?? []) : []))[0];
    if (!found) throw new Error('no decoy can be read');
    return found;
  }

  /**
   * Makes strong hashes of fast digests, for an import; a few at a time, in one place of the queue.
   * @returns the forms to be stored, in the same order
   * @throws Refusal `overloaded`
   */
  wrap(digests: readonly Digest[]): Promise<string[]> {
    const strong = async (digest: Digest) => storedWrapped(digest, await hash(digest.hex, this.options));
    return this.queue.withPlace({}, (turn) => Promise.all(digests.map((digest) => turn(() => strong(digest)))));
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

function readable(stored: string): StoredHash | undefined {
  const read = readStored(stored);
  return typeof read === 'string' ? undefined : read;
}
