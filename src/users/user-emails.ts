// Whose an address is, and who gets one: `user_emails` decides. A user's address itself stands on their row.
//
// Order of locks: the row of a user who exists comes before a row here, and a row here changes only under the lock of its
// user. Of a user who is being made nobody knows yet: their address is claimed first.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database, type Queries } from '../database/database.js';
import { userEmails } from '../database/schema/lookups.js';
import { given, Prepared } from '../database/prepared.js';

export interface Holder {
  readonly email: string;
  readonly userId: string;
}

/** Nobody's id, for statements that run though there is nobody: an unknown address costs what a known one does. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

@Injectable()
export class UserEmails {
  constructor(private readonly database: Database) {}

  /**
   * Only where to look: the row of the user says whether the address is theirs.
   * @returns NOBODY's id for an address that is free
   */
  async find(email: string): Promise<string> {
    const [row] = await holder.run(this.database, { email });
    return row?.userId ?? NOBODY;
  }

  /** The same in a transaction. */
  async holderOf(tx: Queries, email: string): Promise<string> {
    const [row] = await this.holdersOf(tx, [email]);
    return row?.userId ?? NOBODY;
  }

  async holdersOf(queries: Queries, emails: readonly string[]): Promise<Holder[]> {
    const which = emails.length === 1 ? sql`email = ${emails[0]}` : sql`email = any(${sql.param([...emails])}::text[])`;
    const { rows } = await queries.execute<Holder & Record<string, unknown>>(sql`
      select email, user_id as "userId" from ${userEmails} where ${which}`);
    return rows;
  }

  /**
   * Waits for whoever claims or frees the address at this moment.
   * @returns whose it is now; NOBODY's id if somebody else has just freed it
   */
  async claim(tx: Queries, email: string, userId: string): Promise<string> {
    await tx.execute(sql`
      insert into ${userEmails} (email, user_id) values (${email}, ${userId}) on conflict (email) do nothing`);
    return this.holderOf(tx, email);
  }

  /** In one order, so that two that claim the same addresses do not wait for one another. @returns what is theirs now */
  async claimAll(tx: Queries, claims: readonly Holder[]): Promise<Holder[]> {
    const { rows } = await tx.execute<Holder & Record<string, unknown>>(sql`
      insert into ${userEmails} (email, user_id)
      select r.email, r."userId" from jsonb_to_recordset(${JSON.stringify(claims)}::jsonb) as r(email text, "userId" uuid)
       order by r.email
          on conflict (email) do nothing
      returning email, user_id as "userId"`);
    return rows;
  }

  /** The caller holds the row of the user, who has another address by now, or has deleted it. */
  async free(tx: Queries, { email, userId }: Holder): Promise<void> {
    await tx.execute(sql`delete from ${userEmails} where email = ${email} and user_id = ${userId}`);
  }

  /** The same for many, of whom each has one address. */
  async freeAll(tx: Queries, freed: readonly Holder[]): Promise<void> {
    if (freed.length === 0) return;
    const [emails, ids] = [freed.map(({ email }) => email), freed.map(({ userId }) => userId)];
    await tx.execute(sql`
      delete from ${userEmails}
       where email = any(${sql.param(emails)}::text[]) and user_id = any(${sql.param(ids)}::uuid[])`);
  }
}

const holder = new Prepared<{ userId: string }>(
  'holder_of_address',
  sql`select user_id as "userId" from ${userEmails} where email = ${given('email')}`,
);
