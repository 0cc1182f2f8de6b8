// Where do keys and server secrets live? Sealed in Postgres; the first start of an empty database makes them.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { eq, isNull, sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Config } from '../config/config.js';
import { Database, inTransaction, type Queries } from '../database/database.js';
import { serverSecrets, signingKeys } from '../database/schema.js';
import { KeyEncryption } from './key-encryption.js';
import { makeSigningKey, type NewSigningKey, type SigningKeyRow } from './signing-key.js';

/** Arbitrary but fixed: whoever holds this advisory lock may change the set of keys. */
const KEY_LOCK = 7_737_002;
const REFRESH_SECRET = 'refresh-ratchet';

@Injectable()
export class KeyStore {
  constructor(
    private readonly database: Database,
    private readonly encryption: KeyEncryption,
    private readonly config: Config,
    private readonly audit: Audit,
  ) {}

  /** One signer and one standby on an empty database, however many instances start at once. */
  async bootstrap(): Promise<void> {
    if (await this.isBootstrapped(this.database)) return;
    const bits = this.config.SIGNING_KEY_BITS;
    const [signer, standby] = await Promise.all([makeSigningKey(bits), makeSigningKey(bits)]);
    await inTransaction(this.database, async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(${KEY_LOCK})`);
      if (await this.isBootstrapped(tx)) return;
      await tx.insert(signingKeys).values([
        { ...this.toRow(signer), activateAt: sql`protocol_now()` },
        { ...this.toRow(standby), activateAt: null },
      ]);
      const sealed = this.encryption.seal(randomBytes(32), REFRESH_SECRET);
      await tx.insert(serverSecrets).values({ name: REFRESH_SECRET, sealed });
      const made = [signer, standby].map(({ kid }) => ({ type: 'key.published', kid }) as const);
      await this.audit.record(tx, [...made, { type: 'key.activated', kid: signer.kid }], null);
    });
  }

  /** Every key that still has a use, with the database's time. */
  async load(): Promise<{ now: Date; keys: SigningKeyRow[] }> {
    const rows = await this.database
      .select({ key: signingKeys, now: sql<string>`protocol_now()` })
      .from(signingKeys)
      .where(isNull(signingKeys.revokedAt));
    return { now: new Date(rows[0]?.now ?? 0), keys: rows.map((row) => row.key) };
  }

  /** @throws when the key-encryption key is not the one it was sealed with. */
  openPrivateKey(key: SigningKeyRow): string {
    if (!key.privateSealed) throw new Error(`The private half of ${key.kid} is gone.`);
    return this.encryption.open(key.privateSealed, key.kid).toString('utf8');
  }

  /** K in docs/protocols/refresh.md: without it no successor of a refresh token can be derived. */
  async refreshSecret(): Promise<Buffer> {
    const [row] = await this.database.select().from(serverSecrets).where(eq(serverSecrets.name, REFRESH_SECRET));
    if (!row) throw new Error('The refresh secret is missing from server_secrets: restore it from a backup.');
    return this.encryption.open(row.sealed, REFRESH_SECRET);
  }

  private toRow({ kid, publicJwk, pkcs8 }: NewSigningKey) {
    return { kid, alg: 'RS256' as const, publicJwk, privateSealed: this.encryption.seal(Buffer.from(pkcs8), kid) };
  }

  private async isBootstrapped(queries: Queries): Promise<boolean> {
    const found = await queries.select({ kid: signingKeys.kid }).from(signingKeys).limit(1);
    return found.length > 0;
  }
}
