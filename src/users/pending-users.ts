// Accounts whose address nobody has shown to read yet: they are registered, open nothing, and go after a week.
import { Injectable } from '@nestjs/common';
import { and, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Database, type Queries } from '../database/database.js';
import { users } from '../database/schema.js';

const PENDING_DAYS = 7;
const BATCH = 1_000;

export interface Registered {
  readonly id: string;
  /** False if the address was registered before, and never verified. */
  readonly isNew: boolean;
}

@Injectable()
export class PendingUsers {
  constructor(private readonly database: Database) {}

  /**
   * Registers an address, or registers it again: the password is the newest one, and links for an older one are void.
   * One statement, whether the address is known or not.
   * @returns undefined when it belongs to an account
   */
  async register(tx: Queries, email: string, passwordHash: string): Promise<Registered | undefined> {
    const id = uuidv7();
    const { rows } = await tx.execute<{ id: string }>(sql`
      insert into ${users} as u (id, email, password_hash, pending_until)
      values (${id}, ${email}, ${passwordHash}, protocol_now() + make_interval(days => ${PENDING_DAYS}))
      on conflict (email) do update
         set password_hash = excluded.password_hash, pending_until = excluded.pending_until,
             session_epoch = u.session_epoch + 1, credential_version = u.credential_version + 1
       where u.pending_until is not null and u.disabled_at is null
      returning id`);
    const [registered] = rows;
    return registered && { id: registered.id, isNew: registered.id === id };
  }

  /** For whoever gets the address from an operator: a registration that nobody has verified is nobody's. */
  async giveWay(tx: Queries, email: string): Promise<void> {
    const isNobodys = and(isNotNull(users.pendingUntil), isNull(users.disabledAt));
    await tx.delete(users).where(and(eq(users.email, email), isNobodys));
  }

  /** The same for the addresses of an import. */
  async giveWayAll(tx: Queries, emails: readonly string[]): Promise<void> {
    const isNobodys = and(isNotNull(users.pendingUntil), isNull(users.disabledAt));
    await tx.delete(users).where(and(sql`${users.email} = any(${sql.param([...emails])}::text[])`, isNobodys));
  }

  /** @returns how many accounts of unverified addresses went, a batch at most */
  async purge(): Promise<{ gone: number; isMore: boolean }> {
    const gone = (await this.database.execute(this.purgeStatement())).rowCount ?? 0;
    return { gone, isMore: gone === BATCH };
  }

  /** The test explains it. Whoever verifies meanwhile keeps the account: the row is locked, and looked at again. */
  purgeStatement(): SQL {
    return sql`delete from ${users} where ctid = any(array(
      select ctid from ${users} where pending_until <= (select protocol_now())
       order by pending_until limit ${BATCH} for update skip locked))
      and pending_until is not null`;
  }
}
