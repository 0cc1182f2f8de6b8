// How is a password kept and checked without letting anyone in, or the service down?
import { randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, type Options, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { Metrics } from '../telemetry/metrics.js';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';

/** NIST SP 800-63B-4 §3.1.1.2 wants at least 64; this only bounds the work. */
const MAX_PASSWORD_CHARACTERS = 1_024;

const LOOKED_UP_AHEAD = 2;

/** In code points. */
const lengthOf = (text: string) => Array.from(text).length;

@Injectable()
export class Passwords implements OnModuleInit {
  private readonly options: Options;
  private readonly limit: ReturnType<typeof pLimit>;
  /** Of those that wait to be verified, the next few have been looked up: a storm is no storm of queries, and none is read early. */
  private readonly verifying: ReturnType<typeof pLimit>;
  private decoy = '';
  /** It is their turn, and what is to be verified is being read. */
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
    this.verifying = pLimit(config.PASSWORD_HASH_CONCURRENCY + LOOKED_UP_AHEAD);
    metrics.watch('watchword_password_hashes', 'Password hashes running and waiting', () => ({
      running: this.limit.activeCount,
      waiting: this.waiting,
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
   * @param find whose password it is said to be; asked for shortly before its turn: who is one too many costs no query. Where
   * there is nobody, or no hash that can be read, a decoy costs the same time.
   * @throws Refusal `overloaded` when too many hashes wait.
   */
  async verify<Owner extends { passwordHash: string | null }>(
    password: string,
    find: () => Promise<Owner | undefined>,
  ): Promise<{ owner: Owner | undefined; isRight: boolean }> {
    this.assertPlace();
    return this.verifying(async () => {
      this.lookingUp++;
      const owner = await find().finally(() => this.lookingUp--);
      return { owner, isRight: await this.isRight(password, owner?.passwordHash ?? null) };
    });
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

  private get waiting(): number {
    return this.limit.pendingCount + this.verifying.pendingCount + this.lookingUp;
  }

  /** @throws Refusal `overloaded` when too many hashes wait. */
  assertPlace(): void {
    if (this.waiting >= this.config.PASSWORD_QUEUE_LENGTH) throw new Refusal('overloaded');
  }
}
