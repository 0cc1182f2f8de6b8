// Keeps the authenticator apps of users: a seed that is sealed for its row, and the step of the last code that counted.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { totpAuthenticators } from '../database/schema/factors.js';
import { given, Prepared } from '../database/prepared.js';
import { users } from '../database/schema/users-and-sessions.js';
import { KeyEncryption, nameOfRow } from '../keys/key-encryption.js';
import { SEED_BYTES, stepOf } from './totp.js';

const MAX_AUTHENTICATORS = 5;
export const UNCONFIRMED_MINUTES = 10;

export interface Authenticator {
  readonly id: string;
  readonly name: string | null;
  readonly createdAt: Date;
}

interface Sealed {
  readonly id: string;
  readonly sealed: Buffer;
}

/** A right code: of which authenticator, and of which step. */
export interface Match {
  readonly id: string;
  readonly step: number;
}

@Injectable()
export class TotpAuthenticators {
  constructor(
    private readonly database: Database,
    private readonly encryption: KeyEncryption,
  ) {}

  /**
   * Makes a seed that counts for nothing until it is confirmed, and takes an unconfirmed one before it away.
   * @returns undefined where the user has as many as they may have
   */
  begin(userId: string, name: string | null): Promise<{ readonly id: string; readonly seed: Buffer } | undefined> {
    const [id, seed] = [uuidv7(), randomBytes(SEED_BYTES)];
    const sealed = this.encryption.seal(seed, nameOfRow([userId, id]));
    return inTransaction(this.database, async (tx) => {
      await lockUser(tx, userId); // two at once would both find room
      await tx.execute(sql`delete from ${totpAuthenticators} where user_id = ${userId} and confirmed_at is null`);
      const { rowCount } = await tx.execute(sql`
        insert into ${totpAuthenticators} (user_id, id, secret_sealed, name)
        select ${userId}, ${id}, ${sealed}, ${name}
         where (select count(*) from ${totpAuthenticators} where user_id = ${userId}) < ${MAX_AUTHENTICATORS}`);
      return rowCount === 1 ? { id, seed } : undefined;
    });
  }

  /** @returns what `confirm` is given, undefined for a wrong code and where there is no fresh seed with this id */
  async matchUnconfirmed(userId: string, id: string, code: string): Promise<Match | undefined> {
    const [row] = await unconfirmed.run(this.database, { userId, id });
    return row && this.matchIn(userId, [row], code, row.now);
  }

  /** Its code counts from the next step on: the one that confirmed it is used up. */
  async confirm(tx: Transaction, userId: string, { id, step }: Match): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      update ${totpAuthenticators} set confirmed_at = protocol_now(), last_step = ${step}
       where user_id = ${userId} and id = ${id} and last_step < ${step} and ${isFresh}`);
    return rowCount === 1;
  }

  /** Those that count. */
  confirmed(userId: string): Promise<Sealed[]> {
    return confirmed.run(this.database, { userId });
  }

  /** @returns the authenticator that shows this code, and its step */
  matchIn(userId: string, authenticators: readonly Sealed[], code: string, now: Date): Match | undefined {
    for (const { id, sealed } of authenticators) {
      const step = stepOf(code, this.encryption.open(sealed, nameOfRow([userId, id])), now);
      if (step !== undefined) return { id, step };
    }
    return undefined;
  }

  /** Uses a code up, and with it every older one. @returns false if it was */
  async use(tx: Transaction, userId: string, { id, step }: Match): Promise<boolean> {
    return (await used.runIn(tx, { userId, id, step })).length === 1;
  }

  async listOf(userId: string): Promise<Authenticator[]> {
    return listed.run(this.database, { userId });
  }
}

/** As every act on a user does first. */
async function lockUser(tx: Transaction, userId: string): Promise<void> {
  await tx.execute(sql`select from ${users} where id = ${userId} for no key update`);
}

const isFresh = sql`confirmed_at is null
  and created_at > protocol_now() - make_interval(mins => ${UNCONFIRMED_MINUTES})`;

const unconfirmed = new Prepared<{ id: string; sealed: Buffer; now: Date }>(
  'unconfirmed_totp',
  sql`select id, secret_sealed as sealed, now from ${totpAuthenticators}, protocol_now() as now
       where user_id = ${given('userId')} and id = ${given('id')} and ${isFresh}`,
);

const confirmed = new Prepared<{ id: string; sealed: Buffer }>(
  'confirmed_totp',
  sql`select id, secret_sealed as sealed from ${totpAuthenticators}
       where user_id = ${given('userId')} and confirmed_at is not null order by id`,
);

const used = new Prepared<object>(
  'use_totp',
  sql`update ${totpAuthenticators} set last_step = ${given('step')}
       where user_id = ${given('userId')} and id = ${given('id')} and confirmed_at is not null
         and last_step < ${given('step')} returning id`,
);

const listed = new Prepared<{ id: string; name: string | null; createdAt: Date }>(
  'list_totp',
  sql`select id, name, created_at as "createdAt" from ${totpAuthenticators}
       where user_id = ${given('userId')} and confirmed_at is not null order by id`,
);
