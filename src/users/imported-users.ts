// Creates the users of an import, many at once, and says which addresses and ids are taken.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import type { Queries, Transaction } from '../database/database.js';
import { users } from '../database/schema/users-and-sessions.js';
import type { Role } from '../database/schema/vocabularies.js';
import { UserEmails } from './user-emails.js';

export interface ImportedUser {
  readonly id: string;
  /** Canonical. */
  readonly email: string;
  readonly passwordHash: string | null;
  readonly role: Role;
  readonly isVerified: boolean;
  readonly isDisabled: boolean;
  /** A time as PostgreSQL reads it; now by default. */
  readonly createdAt: string | null;
}

@Injectable()
export class ImportedUsers {
  constructor(private readonly emails: UserEmails) {}

  /** A registration that nobody has verified takes no address: it gives way (pending-users.ts). */
  async taken(queries: Queries, emails: readonly string[], ids: readonly string[]) {
    const holders = await this.emails.holdersOf(queries, emails);
    const both = [...ids, ...holders.map(({ userId }) => userId)];
    const { rows } = await queries.execute<{ id: string; isNobodys: boolean }>(sql`
      select id, pending_until is not null and disabled_at is null as "isNobodys" from ${users}
       where id = any(${sql.param(both)}::uuid[])`);
    const nobodys = new Set(rows.flatMap(({ id, isNobodys }) => (isNobodys ? [id] : [])));
    return {
      ids: new Set(rows.map(({ id }) => id)),
      emails: new Set(holders.flatMap(({ email, userId }) => (nobodys.has(userId) ? [] : [email]))),
    };
  }

  /** @returns the ids of those who were created; an address or an id that was taken meanwhile is not among them */
  async create(tx: Transaction, wanted: readonly ImportedUser[]): Promise<ReadonlySet<string>> {
    if (wanted.length === 0) return new Set();
    const claims = await this.emails.claimAll(
      tx,
      wanted.map(({ id: userId, email }) => ({ email, userId })),
    );
    const theirs = new Set(claims.map(({ userId }) => userId));
    const created = JSON.stringify(wanted.filter(({ id }) => theirs.has(id)));
    const { rows } = await tx.execute<{ id: string }>(sql`
      insert into ${users} (id, email, password_hash, role, email_verified_at, disabled_at, created_at)
      select r.id, r.email, r."passwordHash", r.role, case when r."isVerified" then now end,
             case when r."isDisabled" then now end, least(coalesce(r."createdAt", now), now)
        from protocol_now() as now, jsonb_to_recordset(${created}::jsonb) as r(
             id uuid, email text, "passwordHash" text, role text, "isVerified" boolean, "isDisabled" boolean,
             "createdAt" timestamptz)
          on conflict do nothing
      returning id`);
    const ids = new Set(rows.map(({ id }) => id));
    await this.emails.freeAll(
      tx,
      claims.filter(({ userId }) => !ids.has(userId)),
    );
    return ids;
  }
}
