// Removes and renames the second factors of a user. The caller has locked the user, so that acts on factors take turns.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { totpAuthenticators, factorTickets, recoveryCodes } from '../database/schema/factors.js';
import { passkeys } from '../database/schema/passkeys.js';
import type { Queries, Transaction } from '../database/database.js';
import { Passkeys } from './passkeys/passkeys.js';

type FactorKind = 'totp' | 'passkey';

export interface Removed {
  readonly kind: FactorKind;
  /** An authenticator that was never confirmed is no factor. */
  readonly isConfirmed: boolean;
}

@Injectable()
export class FactorRemoval {
  constructor(private readonly passkeys: Passkeys) {}

  /** @returns undefined if the user has no such factor */
  async one(tx: Transaction, userId: string, id: string): Promise<Removed | undefined> {
    const { rows } = await tx.execute<{ isConfirmed: boolean }>(sql`
      delete from ${totpAuthenticators} where user_id = ${userId} and id = ${id}
      returning confirmed_at is not null as "isConfirmed"`);
    if (rows[0]) return { kind: 'totp', isConfirmed: rows[0].isConfirmed };
    return (await this.passkeys.remove(tx, userId, id)) ? { kind: 'passkey', isConfirmed: true } : undefined;
  }

  /** @returns how many confirmed factors the user has */
  async count(queries: Queries, userId: string): Promise<number> {
    const { rows } = await queries.execute<{ factors: number }>(sql`
      select (select count(*)::int from ${totpAuthenticators}
               where user_id = ${userId} and confirmed_at is not null)
           + (select count(*)::int from ${passkeys} where user_id = ${userId}) as factors`);
    return rows[0]?.factors ?? 0;
  }

  /** Recovery codes exist only beside a factor. */
  async recoveryCodes(tx: Transaction, userId: string): Promise<void> {
    await tx.execute(sql`delete from ${recoveryCodes} where user_id = ${userId}`);
  }

  /** Everything that is no first factor, and every sign-in that waits for a second one. @returns the number of factors */
  async all(tx: Transaction, userId: string): Promise<number> {
    const factors = await this.count(tx, userId);
    await this.recoveryCodes(tx, userId);
    await tx.execute(sql`delete from ${factorTickets} where user_id = ${userId}`);
    await tx.execute(sql`delete from ${totpAuthenticators} where user_id = ${userId}`);
    await this.passkeys.removeAll(tx, userId);
    return factors;
  }

  /** @returns false if the user has no such factor */
  async rename(queries: Queries, userId: string, id: string, name: string): Promise<boolean> {
    const { rowCount } = await queries.execute(sql`
      update ${totpAuthenticators} set name = ${name} where user_id = ${userId} and id = ${id}`);
    return rowCount === 1 || this.passkeys.rename(queries, userId, id, name);
  }
}
