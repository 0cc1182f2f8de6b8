// Keeps private keys and server secrets sealed in PostgreSQL; the first start of an empty database
// makes them.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { eq } from 'drizzle-orm';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { serverSecrets } from '../database/schema/keys.js';
import type { Caller } from '../http/caller.js';
import { KeyEncryption } from './key-encryption.js';
import { type Change, isObjection, planFirstKeys } from './rotation.js';
import { makeSigningKey, type NewSigningKey, type SealedKey, type SigningKeyRow, stateOf } from './signing-key.js';
import { type Decide, type Plan, SigningKeys } from './signing-keys.js';

const REFRESH_SECRET = 'refresh-ratchet';
/** The keys of mail are derived from it (keys/derived-keys.ts). */
const DERIVATION_SECRET = 'derivation';

@Injectable()
export class KeyStore {
  constructor(
    private readonly database: Database,
    private readonly signingKeys: SigningKeys,
    private readonly encryption: KeyEncryption,
    private readonly config: Config,
  ) {}

  /**
   * One signer and one standby on an empty database, and a secret that an older release did not have, however many
   * instances start at once.
   */
  async bootstrap(): Promise<void> {
    await this.change(planFirstKeys, null);
    if (await this.sealedSecret(DERIVATION_SECRET)) return;
    const { keys, now } = await this.signingKeys.load();
    await this.prove(keys, now);
    await this.makeSecret(DERIVATION_SECRET);
  }

  /**
   * Makes the keys that the plan asks for, then decides again under the lock: what another instance
   * did meanwhile counts.
   * @param imported takes the place of a key to be made where the plan says so
   */
  async change(decide: Decide, caller: Caller | null, imported?: NewSigningKey): Promise<Plan> {
    const { keys, now } = await this.signingKeys.load();
    const plan = decide(keys, now);
    if (isObjection(plan)) return plan;
    const needed = plan.filter((change) => change.type === 'publish');
    if (needed.length > 0) await this.prepareToSeal(keys, now);
    const made = await Promise.all(needed.map((change) => this.make(change, imported)));
    return this.signingKeys.change(decide, made, caller);
  }

  /**
   * A wrong key-encryption key must stop the start and seal nothing, and say what it fails on.
   * @throws with the names of everything that does not open
   */
  async prove(keys: readonly SigningKeyRow[], now: Date): Promise<void> {
    const live = keys.filter((key) => stateOf(key, now) !== 'removed');
    const secrets = await this.database.select().from(serverSecrets);
    const sealed = [
      ...live.map(({ kid, privateSealed }) => [kid, privateSealed] as const),
      ...secrets.map((secret) => [secret.name, secret.sealed] as const),
    ];
    const names = sealed.filter(([name, value]) => !this.opens(value, name)).map(([name]) => name);
    if (names.length === 0) return;
    throw new Error(
      `The key-encryption key does not open ${names.join(', ')}. Nothing was changed: set the key they were sealed with.`,
    );
  }

  /** @throws when the key-encryption key is not the one it was sealed with. */
  openPrivateKey(key: SigningKeyRow): string {
    if (!key.privateSealed) throw new Error(`The private half of ${key.kid} is gone.`);
    return this.encryption.open(key.privateSealed, key.kid).toString('utf8');
  }

  /** K in docs/protocols/refresh.md: without it no successor of a refresh token can be derived. */
  async refreshSecret(): Promise<Buffer> {
    const sealed = await this.sealedSecret(REFRESH_SECRET);
    if (!sealed) throw new Error('The refresh secret is missing from server_secrets: restore it from a backup.');
    return this.encryption.open(sealed, REFRESH_SECRET);
  }

  async derivationSecret(): Promise<Buffer> {
    const sealed = await this.sealedSecret(DERIVATION_SECRET);
    if (!sealed) throw new Error('The secret of mail is missing from server_secrets: a start of the service makes it.');
    return this.encryption.open(sealed, DERIVATION_SECRET);
  }

  private async sealedSecret(name: string): Promise<Buffer | undefined> {
    const [row] = await this.database.select().from(serverSecrets).where(eq(serverSecrets.name, name));
    return row?.sealed;
  }

  private async makeSecret(name: string): Promise<void> {
    const sealed = this.encryption.seal(randomBytes(32), name);
    await this.database.insert(serverSecrets).values({ name, sealed }).onConflictDoNothing();
  }

  private opens(sealed: Buffer | null, name: string): boolean {
    try {
      return sealed !== null && this.encryption.open(sealed, name).length > 0;
    } catch {
      return false;
    }
  }

  /**
   * Seals nothing under a key that cannot open what is there: with two keys in use, half of the
   * instances would be locked out.
   */
  private async prepareToSeal(keys: readonly SigningKeyRow[], now: Date): Promise<void> {
    await this.prove(keys, now);
    if (keys.length > 0) return;
    await this.makeSecret(REFRESH_SECRET);
  }

  private async make(change: Change, imported?: NewSigningKey): Promise<SealedKey> {
    const isImported = change.type === 'publish' && change.isImported;
    const key = (isImported && imported) || (await makeSigningKey(this.config.SIGNING_KEY_BITS));
    const { kid, publicJwk, pkcs8 } = key;
    return { kid, publicJwk, privateSealed: this.encryption.seal(Buffer.from(pkcs8), kid) };
  }
}
