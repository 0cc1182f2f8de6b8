// The keys that are trusted now, and the one that signs. Answers from memory; asks the database
// what has changed.
import type { KeyObject } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Refusal } from '../errors.js';
import { withTimeout } from '../runtime/with-timeout.js';
import { Log } from '../telemetry/log.js';
import { type Asked, DatabaseTime } from './database-time.js';
import { HeldKeys, type VerifyingKey } from './held-keys.js';
import { KeyStore } from './key-store.js';
import { type PublishedKey, toPublished } from './published-key.js';
import { type Signer, type SigningKeyRow, stateOf } from './signing-key.js';
import { type Snapshot, SigningKeys } from './signing-keys.js';

/**
 * An instance that has not reached the database for longer cannot know whether a key was revoked:
 * it asks, or stops.
 */
const MAX_UNCONFIRMED_MS = 5_000;
/** Waiting longer could spend a token for a disconnected client. */
const CONFIRM_WITHIN_MS = 2_000;
/** Unknown kids make us ask the database once a second at most, whoever sends them. */
const COOLDOWN_MS = 1_000;

@Injectable()
export class KeyRing implements OnModuleInit {
  private version = Number.NaN;
  private readonly held: HeldKeys;
  private readonly time: DatabaseTime;
  private loading: Promise<void> = Promise.resolve();
  private waiting: Promise<void> | undefined;
  private lookUp: { readonly done: Promise<void>; readonly at: number } | undefined;
  private published: readonly PublishedKey[] = [];

  constructor(
    private readonly store: KeyStore,
    private readonly signingKeys: SigningKeys,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.held = new HeldKeys(store);
    this.time = new DatabaseTime(clock);
  }

  async onModuleInit(): Promise<void> {
    await this.store.bootstrap();
    const asked = this.time.ask();
    const snapshot = await this.signingKeys.load();
    await this.store.prove(snapshot.keys, snapshot.now);
    await this.take(snapshot, asked);
  }

  /** The protocol's time: the database's. */
  now(): Date {
    return this.time.now();
  }

  /** Seconds that this machine's clock is ahead of the database's. */
  get skewSeconds(): number {
    return this.time.skewSeconds;
  }

  get keys(): readonly SigningKeyRow[] {
    return this.held.rows;
  }

  /** Loads the keys if anything has changed. @returns true when it had */
  async poll(): Promise<boolean> {
    const asked = this.time.ask();
    const { version, now } = await this.signingKeys.version();
    if (version !== this.version) {
      await this.reload();
      return true;
    }
    this.time.confirm(now, asked);
    return false;
  }

  /**
   * Loads one after the other: an older snapshot must never come last, it could bring a revoked key
   * back. Callers that come while one is under way share the next, so that none queue up behind a
   * silent database.
   */
  reload(): Promise<void> {
    const load = async () => {
      this.waiting = undefined;
      const asked = this.time.ask();
      await this.take(await this.signingKeys.load(), asked);
    };
    this.waiting ??= this.loading = this.loading.then(load, load);
    return this.waiting;
  }

  get isUnconfirmed(): boolean {
    return this.time.isOlderThan(MAX_UNCONFIRMED_MS);
  }

  /**
   * Asks the database where it was not reached for seconds.
   * @throws Refusal `unavailable` where it does not answer: a key may have been revoked meanwhile
   */
  async confirm(): Promise<void> {
    if (!this.isUnconfirmed) return;
    await withTimeout(CONFIRM_WITHIN_MS, this.reload()).catch((cause: unknown) => {
      throw new Refusal('unavailable', { cause });
    });
    // The machine has slept between the question and its answer.
    if (this.isUnconfirmed) throw new Refusal('unavailable', { cause: new Error('the answer came too late') });
  }

  /**
   * The key that our own kid names; nothing else in a token's header chooses one.
   * @throws Refusal `token_stale` for a revoked key, `token_expired` for one that has left the key
   * set after its time, `unauthenticated` for one that we never had, `unavailable` when nobody can
   * tell
   */
  async trustedKey(kid: string): Promise<KeyObject> {
    const { row, key } = await this.keyOf(kid);
    // Everything that it signed has expired: a client that comes back after days must not be told
    // to sign in.
    if (stateOf(row, this.now()) === 'removed') throw new Refusal('token_expired');
    return key;
  }

  /**
   * The same for tokens whose expiry does not matter: the key may have left the key set long ago.
   * @throws Refusal `token_stale`, `unauthenticated`, `unavailable`
   */
  async formerKey(kid: string): Promise<KeyObject> {
    return (await this.keyOf(kid)).key;
  }

  /** The same from memory alone. @returns undefined for a key that is not trusted, or not known */
  keyInMemory(kid: string): KeyObject | undefined {
    const found = this.held.get(kid);
    return found && stateOf(found.row, this.now()) !== 'removed' ? found.key : undefined;
  }

  /** The same array as long as it holds the same keys. */
  get jwks(): readonly PublishedKey[] {
    const now = this.now();
    const live = this.keys.filter((key) => stateOf(key, now) !== 'removed');
    const isSame = live.length === this.published.length && live.every(({ kid }, i) => this.published[i]?.kid === kid);
    if (!isSame) this.published = live.map(({ kid, publicJwk }) => toPublished(kid, publicJwk));
    return this.published;
  }

  hasSigner(): boolean {
    return this.held.signerAt(this.now()) !== undefined;
  }

  /**
   * @param at the database's time of what is to be signed: every instance picks the same key for
   * the same instant
   * @throws Refusal `unavailable` when there is none
   */
  async signer(at?: Date): Promise<Signer> {
    await this.confirm();
    const signer = this.held.signerAt(at ?? this.now());
    if (!signer) throw new Refusal('unavailable', { cause: new Error('no usable signing key') });
    return signer;
  }

  private async keyOf(kid: string): Promise<VerifyingKey> {
    await this.confirm();
    const found = this.held.get(kid) ?? (await this.findInDatabase(kid));
    if (!found) throw new Refusal('unauthenticated', { cause: new Error('no key of ours') });
    if (found.row.revokedAt) throw new Refusal('token_stale', { cause: new Error(`the key ${kid} was revoked`) });
    return found;
  }

  /** One question for all callers at once; its answer holds for the cooldown. */
  private async findInDatabase(kid: string): Promise<VerifyingKey | undefined> {
    const at = this.clock.now().getTime();
    if (!this.lookUp || Math.abs(at - this.lookUp.at) >= COOLDOWN_MS) this.lookUp = { done: this.reload(), at };
    await this.lookUp.done;
    return this.held.get(kid);
  }

  private async take({ version, now, keys }: Snapshot, asked: Asked): Promise<void> {
    // A table that was emptied under us says nothing about the keys that verifiers hold: keep the
    // last good set.
    if (keys.length === 0)
      this.log.error({ event: 'keys.table_empty' }, 'signing_keys is empty: the last set is kept.');
    else {
      const closed = await this.held.take(keys, now);
      // While we run this is no reason to stop: what we hold goes on, and the next start says it
      // louder.
      if (closed.length > 0) this.log.error({ event: 'keys.unopenable', kids: closed });
    }
    this.version = version;
    this.time.confirm(now, asked);
  }
}
