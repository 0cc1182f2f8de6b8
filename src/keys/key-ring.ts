// Which keys do we trust now, and with which one do we sign? Answered from memory; the database is asked what has changed.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type CryptoKey, importPKCS8 } from 'jose';
import { Clock } from '../clock.js';
import { Log } from '../telemetry/log.js';
import { Refusal } from '../errors.js';
import { withTimeout } from '../runtime/with-timeout.js';
import { KeyStore } from './key-store.js';
import { type PublishedKey, toPublished } from './published-key.js';
import { partsOf } from './rotation.js';
import { type Signer, type SigningKeyRow, stateOf } from './signing-key.js';
import { type Snapshot, SigningKeys } from './signing-keys.js';

/** Whoever has not heard of the database for longer asks before signing: a process that slept, or a poll that died. */
const CONFIRMED_FOR_MS = 60_000;
/** Who waited longer for it would spend a token for a client that has left. */
const CONFIRM_WITHIN_MS = 2_000;
/** Unknown kids make us ask the database once a second at most, whoever sends them. */
const COOLDOWN_MS = 1_000;

interface VerifyingKey {
  readonly row: SigningKeyRow;
  readonly key: KeyObject;
}

@Injectable()
export class KeyRing implements OnModuleInit {
  private version = Number.NaN;
  private rows: readonly SigningKeyRow[] = [];
  private verifying: ReadonlyMap<string, VerifyingKey> = new Map();
  private readonly privateKeys = new Map<string, CryptoKey>();
  /** The database's time less ours. */
  private offsetMs = 0;
  private confirmedAt = Number.NEGATIVE_INFINITY;
  private loading: Promise<void> = Promise.resolve();
  private waiting: Promise<void> | undefined;
  private lookUp: { readonly done: Promise<void>; readonly at: number } | undefined;
  private published: readonly PublishedKey[] = [];

  constructor(
    private readonly store: KeyStore,
    private readonly signingKeys: SigningKeys,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.store.bootstrap();
    const snapshot = await this.signingKeys.load();
    await this.store.prove(snapshot.keys, snapshot.now);
    await this.take(snapshot);
  }

  /** The protocol's time, as the database told it last. */
  now(): Date {
    return new Date(this.clock.now().getTime() + this.offsetMs);
  }

  get keys(): readonly SigningKeyRow[] {
    return this.rows;
  }

  /** Loads the keys if anything has changed. @returns true when it had */
  async poll(): Promise<boolean> {
    const { version, now } = await this.signingKeys.version();
    if (version !== this.version) {
      await this.reload();
      return true;
    }
    this.confirm(now);
    return false;
  }

  /**
   * One after the other: an older snapshot must never come last, it could bring a revoked key back. Who asks while one is under way
   * shares the next, so that none queue up behind a database that is silent.
   */
  reload(): Promise<void> {
    const load = async () => {
      this.waiting = undefined;
      await this.take(await this.signingKeys.load());
    };
    this.waiting ??= this.loading = this.loading.then(load, load);
    return this.waiting;
  }

  /**
   * The key that our own kid names; whatever else a token's header says chooses nothing.
   * @throws Refusal `token_stale` for a revoked key, `token_expired` for one that has left the key set after its time,
   * `unauthenticated` for one that we never had, `unavailable` when nobody can tell
   */
  async trustedKey(kid: string): Promise<KeyObject> {
    const { row, key } = await this.keyOf(kid);
    // Everything that it signed has expired: a client that comes back after days must not be told to sign in.
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

  private async keyOf(kid: string): Promise<VerifyingKey> {
    const found = this.verifying.get(kid) ?? (await this.findInDatabase(kid));
    if (!found) throw new Refusal('unauthenticated', { cause: new Error('no key of ours') });
    if (found.row.revokedAt) throw new Refusal('token_stale', { cause: new Error(`the key ${kid} was revoked`) });
    return found;
  }

  /** The same from memory alone. @returns undefined for a key that is not trusted, or not known */
  keyInMemory(kid: string): KeyObject | undefined {
    const found = this.verifying.get(kid);
    return found && stateOf(found.row, this.now()) !== 'removed' ? found.key : undefined;
  }

  /** The same array as long as it holds the same keys. */
  get jwks(): readonly PublishedKey[] {
    const now = this.now();
    const live = this.rows.filter((key) => stateOf(key, now) !== 'removed');
    const isSame = live.length === this.published.length && live.every(({ kid }, i) => this.published[i]?.kid === kid);
    if (!isSame) this.published = live.map(({ kid, publicJwk }) => toPublished(kid, publicJwk));
    return this.published;
  }

  hasSigner(): boolean {
    return this.signerAt(this.now()) !== undefined;
  }

  /**
   * @param now the database's time of what is to be signed: every instance picks the same key for the same instant
   * @throws Refusal `unavailable` when there is none
   */
  async signer(now: Date): Promise<Signer> {
    if (Math.abs(this.clock.now().getTime() - this.confirmedAt) > CONFIRMED_FOR_MS) {
      await withTimeout(CONFIRM_WITHIN_MS, this.reload()).catch((cause: unknown) => {
        throw new Refusal('unavailable', { cause });
      });
    }
    const signer = this.signerAt(now);
    if (!signer) throw new Refusal('unavailable', { cause: new Error('no usable signing key') });
    return signer;
  }

  private signerAt(now: Date): Signer | undefined {
    const { signer } = partsOf(this.rows, now);
    const privateKey = signer && this.privateKeys.get(signer.kid);
    return signer && privateKey ? { kid: signer.kid, privateKey } : undefined;
  }

  /** One question for all who ask at once; its answer holds for the cooldown. */
  private async findInDatabase(kid: string): Promise<VerifyingKey | undefined> {
    const at = this.clock.now().getTime();
    if (!this.lookUp || Math.abs(at - this.lookUp.at) >= COOLDOWN_MS) this.lookUp = { done: this.reload(), at };
    await this.lookUp.done;
    return this.verifying.get(kid);
  }

  private confirm(now: Date): void {
    this.confirmedAt = this.clock.now().getTime();
    this.offsetMs = now.getTime() - this.confirmedAt;
  }

  private async take({ version, now, keys }: Snapshot): Promise<void> {
    // A table that was emptied under us says nothing about the keys that verifiers hold: keep the last good set.
    if (keys.length === 0)
      this.log.error({ event: 'keys.table_empty' }, 'signing_keys is empty: the last set is kept.');
    else await this.hold(keys, now);
    this.version = version;
    this.confirm(now);
  }

  private async hold(keys: readonly SigningKeyRow[], now: Date): Promise<void> {
    const closed: string[] = [];
    for (const key of keys) {
      if (stateOf(key, now) === 'removed') this.privateKeys.delete(key.kid);
      else if (!this.privateKeys.has(key.kid) && !(await this.import(key))) closed.push(key.kid);
    }
    this.verifying = new Map(keys.map((row) => [row.kid, { row, key: this.publicKeyOf(row) }]));
    this.rows = keys.toSorted((a, b) => a.publishedAt.getTime() - b.publishedAt.getTime() || (a.kid < b.kid ? -1 : 1));
    // While we run this is no reason to stop: what we hold goes on, and the next start says it louder.
    if (closed.length > 0) this.log.error({ event: 'keys.unopenable', kids: closed });
  }

  /** One object for as long as we hold the key: what was verified with it is told by it (auth/verified-tokens.ts). */
  private publicKeyOf({ kid, publicJwk }: SigningKeyRow): KeyObject {
    return this.verifying.get(kid)?.key ?? createPublicKey({ key: publicJwk, format: 'jwk' });
  }

  private async import(key: SigningKeyRow): Promise<boolean> {
    try {
      this.privateKeys.set(key.kid, await importPKCS8(this.store.openPrivateKey(key), 'RS256'));
      return true;
    } catch {
      return false;
    }
  }
}
