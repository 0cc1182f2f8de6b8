// Accounts whose address nobody has shown to read yet: they are registered, open nothing, and go after a week.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Database, type Queries } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { users } from '../database/schema/users-and-sessions.js';
import { type Holder, NOBODY, UserEmails } from './user-emails.js';

const PENDING_DAYS = 7;
const BATCH = 1_000;

/** An address that others register and give up under each attempt is an error of theirs. */
const MAX_RACES = 4;

export interface Registered {
  readonly id: string;
  /** False if the address was registered before, and never verified. */
  readonly isNew: boolean;
}

@Injectable()
export class PendingUsers {
  constructor(
    private readonly database: Database,
    private readonly emails: UserEmails,
  ) {}

  /**
   * Registers an address, or registers it again: the password is the newest one, and links for an older one are void. As many
   * statements, whether the address is known or not.
   * @returns undefined when it belongs to an account
   */
  async register(tx: Queries, email: string, passwordHash: string): Promise<Registered | undefined> {
    for (let race = 0; race < MAX_RACES; race++) {
      const id = uuidv7();
      const holder = await this.emails.claim(tx, email, id);
      const isNew = holder === id;
      const isWritten = await (isNew
        ? this.begin(tx, id, email, passwordHash)
        : this.renew(tx, holder, email, passwordHash));
      // Whoever had it may have given it up while this waited for their row.
      const isStillTheirs = holder !== NOBODY && (await this.emails.holderOf(tx, email)) === holder;
      if (isStillTheirs) return isWritten ? { id: holder, isNew } : undefined;
    }
    throw new Error('The address changed hands under every attempt to register it.');
  }

  private async begin(tx: Queries, id: string, email: string, passwordHash: string): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      insert into ${users} (id, email, password_hash, pending_until)
      values (${id}, ${email}, ${passwordHash}, ${pendingUntil})`);
    return rowCount === 1;
  }

  private async renew(tx: Queries, id: string, email: string, passwordHash: string): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      update ${users} u
         set password_hash = ${passwordHash}, pending_until = ${pendingUntil}, revision = u.revision + 1,
             session_epoch = u.session_epoch + 1, credential_version = u.credential_version + 1
       where u.id = ${id} and u.email = ${email} and u.pending_until is not null and u.disabled_at is null`);
    return rowCount === 1;
  }

  /** For whoever gets the address from an operator: a registration that nobody has verified is nobody's. */
  async giveWay(tx: Queries, email: string, { evenIfDisabled = false } = {}): Promise<void> {
    const holder = await this.emails.holderOf(tx, email);
    await this.remove(
      tx,
      sql`id = ${holder} and email = ${email} ${evenIfDisabled ? sql`` : sql`and disabled_at is null`}`,
    );
  }

  /** The same for the addresses of an import. */
  async giveWayAll(tx: Queries, emails: readonly string[]): Promise<void> {
    const holders = await this.emails.holdersOf(tx, emails);
    if (holders.length === 0) return;
    const ids = holders.map(({ userId }) => userId);
    await this.remove(tx, sql`id = any(${sql.param(ids)}::uuid[]) and disabled_at is null`);
  }

  /** Whoever verifies meanwhile keeps the account. @returns how many went */
  private async remove(tx: Queries, which: SQL): Promise<number> {
    const { rows } = await tx.execute<Holder & Record<string, unknown>>(sql`
      delete from ${users} where ${which} and pending_until is not null returning email, id as "userId"`);
    await this.emails.freeAll(tx, rows);
    return rows.length;
  }

  /** @returns how many accounts of unverified addresses went, a batch at most */
  async purge(): Promise<{ gone: number; isMore: boolean }> {
    return inTransaction(this.database, async (tx) => {
      const { rows: due } = await tx.execute<{ id: string }>(this.dueStatement());
      if (due.length === 0) return { gone: 0, isMore: false };
      const ids = due.map(({ id }) => id).toSorted();
      const isDue = sql`id = any(${sql.param(ids)}::uuid[]) and pending_until <= (select protocol_now())`;
      return { gone: await this.remove(tx, isDue), isMore: due.length === BATCH };
    });
  }

  /** The test explains it. */
  dueStatement(): SQL {
    return sql`select id from ${users} where pending_until <= (select protocol_now()) order by pending_until limit ${BATCH}`;
  }
}

const pendingUntil = sql`protocol_now() + make_interval(days => ${PENDING_DAYS})`;
