// Creates the users of an import, many at once, and says which addresses and ids are taken.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import type { Queries, Transaction } from '../database/database.js';
import { users } from '../database/schema.js';
import type { Role } from '../database/vocabularies.js';

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
  /** A registration that nobody has verified takes no address: it gives way (pending-users.ts). */
  async taken(queries: Queries, emails: readonly string[], ids: readonly string[]) {
    const { rows } = await queries.execute<{ id: string; email: string; isNobodys: boolean }>(sql`
      select id, email, pending_until is not null and disabled_at is null as "isNobodys" from ${users}
       where email = any(${sql.param([...emails])}::text[]) or id = any(${sql.param([...ids])}::uuid[])`);
    return {
      ids: new Set(rows.map(({ id }) => id)),
      emails: new Set(rows.flatMap(({ email, isNobodys }) => (isNobodys ? [] : [email]))),
    };
  }

  /** One statement. @returns the ids of those who were created; an address that was taken meanwhile is not among them */
  async create(tx: Transaction, created: readonly ImportedUser[]): Promise<ReadonlySet<string>> {
    const { rows } = await tx.execute<{ id: string }>(sql`
      insert into ${users} (id, email, password_hash, role, email_verified_at, disabled_at, created_at)
      select r.id, r.email, r."passwordHash", r.role, case when r."isVerified" then now end,
             case when r."isDisabled" then now end, least(coalesce(r."createdAt", now), now)
        from protocol_now() as now, jsonb_to_recordset(${JSON.stringify(created)}::jsonb) as r(
             id uuid, email text, "passwordHash" text, role text, "isVerified" boolean, "isDisabled" boolean,
             "createdAt" timestamptz)
          on conflict do nothing
      returning id`);
    return new Set(rows.map(({ id }) => id));
  }
}
