// How is a password kept and checked without letting anyone in, or the service down?
import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, type Options, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { Metrics } from '../audit/metrics.js';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';

/** NIST SP 800-63B-4 §3.1.1.2 wants at least 64; this only bounds the work. */
const MAX_PASSWORD_CHARACTERS = 1_024;

/** In code points. */
const lengthOf = (text: string) => Array.from(text).length;

@Injectable()
export class Passwords implements OnModuleInit {
  private readonly options: Options;
  private readonly limit: ReturnType<typeof pLimit>;
  private decoy = '';
  /** They have a place, and what is to be verified is being read. */
  private lookingUp = 0;

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

  /** @throws Refusal `password_rejected` with the reason, before any hashing. */
  assertAcceptable(password: string): void {
    const reject = (message: string) => new Refusal('password_rejected', { errors: [{ path: 'password', message }] });
    if (!password.isWellFormed()) throw reject('The password is not valid Unicode.');
    const length = lengthOf(password.normalize('NFC'));
    const minimum = this.config.PASSWORD_MIN_LENGTH;
    if (length < minimum) throw reject(`The password must have at least ${minimum} characters.`);
    if (length > MAX_PASSWORD_CHARACTERS)
      throw reject(`The password must have at most ${MAX_PASSWORD_CHARACTERS} characters.`);
  }

  /** @throws Refusal `overloaded` when too many hashes wait. */
  hash(password: string): Promise<string> {
    return this.queue(() => hash(password.normalize('NFC'), this.options));
  }

  /**
   * @param find whose password it is said to be; asked for once there is a place: who is one too many costs no query. Where
   * there is nobody, or no hash that can be read, a decoy costs the same time.
   * @throws Refusal `overloaded` when too many hashes wait.
   */
  async verify<Owner extends { passwordHash: string | null }>(
    password: string,
    find: () => Promise<Owner | undefined>,
  ): Promise<{ owner: Owner | undefined; isRight: boolean }> {
    this.assertPlace();
    this.lookingUp++;
    let owner: Owner | undefined;
    try {
      owner = await find();
    } finally {
      this.lookingUp--;
    }
    // At once, so that nobody takes the place in between.
    const isRight = await this.isRight(password, owner?.passwordHash ?? null);
    return { owner, isRight };
  }

  private isRight(password: string, stored: string | null): Promise<boolean> {
    const normal = password.normalize('NFC');
    const isUsable = stored?.startsWith('$argon2') === true && lengthOf(normal) <= MAX_PASSWORD_CHARACTERS;
    return this.limit(async () => {
      if (isUsable) return verify(stored, normal).catch(() => false);
      await verify(this.decoy, '');
      return false;
    });
  }

  /** Was the hash made with other parameters than today's? Its PHC string tells. */
  isOutdated(stored: string): boolean {
    const { memoryCost, timeCost, parallelism } = this.options;
    return !stored.startsWith(`$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`);
  }

  private async queue<T>(work: () => Promise<T>): Promise<T> {
    this.assertPlace();
    return this.limit(work);
  }

  /** @throws Refusal `overloaded` when too many hashes wait. */
  assertPlace(): void {
    const waiting = this.limit.pendingCount + this.lookingUp;
    if (waiting >= this.config.PASSWORD_QUEUE_LENGTH) throw new Refusal('overloaded');
  }
}
