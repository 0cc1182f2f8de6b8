// Keeps the recovery codes of users: ten at a time, each good once.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database, type Transaction } from '../database/database.js';
import { recoveryCodes } from '../database/schema/factors.js';
import { given, Prepared } from '../database/prepared.js';
import { hashOfRecoveryCode, newRecoveryCode } from './recovery-code.js';

const CODES = 10;

@Injectable()
export class RecoveryCodes {
  constructor(private readonly database: Database) {}

  /** A new set takes the old one away. @returns the codes, which nobody can read again */
  async renew(tx: Transaction, userId: string): Promise<string[]> {
    const codes = Array.from({ length: CODES }, newRecoveryCode);
    const hashes = codes.map((code) => hashOfRecoveryCode(userId, code));
    await this.removeAll(tx, userId);
    await tx.execute(sql`
      insert into ${recoveryCodes} (user_id, hash)
      select ${userId}::uuid, hash from unnest(${sql.param(hashes)}::bytea[]) as hash`);
    return codes;
  }

  async removeAll(tx: Transaction, userId: string): Promise<void> {
    await tx.execute(sql`delete from ${recoveryCodes} where user_id = ${userId}`);
  }

  async left(userId: string): Promise<number> {
    const [row] = await left.run(this.database, { userId });
    return row?.left ?? 0;
  }

  /** Only looks: `use` decides. */
  async has(userId: string, hash: Buffer): Promise<boolean> {
    return (await found.run(this.database, { userId, hash })).length === 1;
  }

  /** @returns how many are left; undefined if it was used before */
  async use(tx: Transaction, userId: string, hash: Buffer): Promise<number | undefined> {
    if ((await used.runIn(tx, { userId, hash })).length === 0) return undefined;
    const [row] = await left.runIn(tx, { userId });
    return row?.left ?? 0;
  }
}

const found = new Prepared<object>(
  'find_recovery_code',
  sql`select from ${recoveryCodes}
       where user_id = ${given('userId')} and hash = ${given('hash')} and used_at is null`,
);

const used = new Prepared<object>(
  'use_recovery_code',
  sql`update ${recoveryCodes} set used_at = protocol_now()
       where user_id = ${given('userId')} and hash = ${given('hash')} and used_at is null returning hash`,
);

const left = new Prepared<{ left: number }>(
  'count_recovery_codes',
  sql`select count(*)::int as left from ${recoveryCodes} where user_id = ${given('userId')} and used_at is null`,
);
