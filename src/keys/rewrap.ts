// Seals everything under a new key-encryption key: the keys and secrets of the installation in one transaction, all of
// them or none; then the columns that have many rows, in batches.
import { Injectable } from '@nestjs/common';
import { eq, isNotNull } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { serverSecrets, signingKeys } from '../database/schema/keys.js';
import type { Caller } from '../http/caller.js';
import { KeyEncryption } from './key-encryption.js';
import { KeyStore } from './key-store.js';
import { sealedColumns } from './sealed-columns.js';
import { nameOf, rewrapRows } from './sealed-rows.js';
import { lockKeys, SigningKeys } from './signing-keys.js';

export interface Rewrapped {
  /** What was, or would be, sealed anew. */
  readonly keys: readonly string[];
  readonly secrets: readonly string[];
  /** What the present key opens already. */
  readonly untouched: number;
  /** By column: how many rows were, or would be, sealed anew, and how many neither key opens. */
  readonly rows: Readonly<Record<string, { readonly anew: number; readonly unopenable: number }>>;
}

@Injectable()
export class Rewrap {
  constructor(
    private readonly database: Database,
    private readonly store: KeyStore,
    private readonly signingKeys: SigningKeys,
    private readonly encryption: KeyEncryption,
    private readonly audit: Audit,
  ) {}

  /**
   * What is sealed changes; no key and no secret does.
   * @throws with the names of what neither key opens
   */
  async run(caller: Caller, { isDryRun }: { isDryRun: boolean }): Promise<Rewrapped> {
    const installation = await this.installation(caller, isDryRun);
    let { untouched } = installation;
    const rows: Record<string, { anew: number; unopenable: number }> = {};
    for (const column of sealedColumns) {
      const counts = await rewrapRows(this.database, this.encryption, column, { isDryRun });
      untouched += counts.untouched;
      rows[nameOf(column)] = { anew: counts.anew, unopenable: counts.unopenable };
      if (counts.anew > 0 && !isDryRun)
        await this.audit.recordAlone({ type: 'secret.rewrapped', name: nameOf(column) }, caller);
    }
    return { ...installation, untouched, rows };
  }

  private installation(caller: Caller, isDryRun: boolean): Promise<Omit<Rewrapped, 'rows'>> {
    return inTransaction(this.database, async (tx) => {
      await lockKeys(tx);
      const { keys, now } = await this.signingKeys.load(tx);
      await this.store.prove(keys, now);
      const rows = await tx.select().from(signingKeys).where(isNotNull(signingKeys.privateSealed));
      const secrets = await tx.select().from(serverSecrets);
      const oldKeys = rows.filter(({ kid, privateSealed }) => !this.encryption.isSealedAnew(privateSealed!, kid));
      const oldSecrets = secrets.filter(({ name, sealed }) => !this.encryption.isSealedAnew(sealed, name));
      const done = { keys: oldKeys.map(({ kid }) => kid), secrets: oldSecrets.map(({ name }) => name) };
      const untouched = rows.length + secrets.length - oldKeys.length - oldSecrets.length;
      if (isDryRun) return { ...done, untouched };
      for (const { kid, privateSealed } of oldKeys) {
        const sealed = this.again(privateSealed!, kid);
        await tx.update(signingKeys).set({ privateSealed: sealed }).where(eq(signingKeys.kid, kid));
      }
      for (const { name, sealed } of oldSecrets) {
        await tx
          .update(serverSecrets)
          .set({ sealed: this.again(sealed, name) })
          .where(eq(serverSecrets.name, name));
      }
      const keyEvents = done.keys.map((kid) => ({ type: 'key.rewrapped', kid }) as const);
      const secretEvents = done.secrets.map((name) => ({ type: 'secret.rewrapped', name }) as const);
      await this.audit.record(tx, [...keyEvents, ...secretEvents], caller);
      return { ...done, untouched };
    });
  }

  private again(sealed: Buffer, name: string): Buffer {
    return this.encryption.seal(this.encryption.open(sealed, name), name);
  }
}
