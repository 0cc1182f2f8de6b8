// Lists users for operators, with status, role and the number of live sessions; never a hash.
import { type SQL, sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { refreshTokens, users } from '../database/schema/users-and-sessions.js';
import type { Role } from '../database/schema/vocabularies.js';
import type { Desk } from './command.js';

export interface ListedUser {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly status: 'active' | 'disabled' | 'pending';
  readonly emailVerified: boolean;
  readonly createdAt: string;
  readonly disabledAt: string | null;
  readonly sessions: number;
}

type Row = Record<string, unknown> & ListedUser;

/** Sorted by ID, which is the order of creation. A live session is one that can refresh. */
export async function listUsers(desk: Desk, which: SQL, limit: number): Promise<ListedUser[]> {
  const { rows } = await desk.get(Database).execute<Row>(sql`
    select u.id, u.email, u.role, u.email_verified_at is not null as "emailVerified",
           case when u.disabled_at is not null then 'disabled' when u.pending_until is not null then 'pending'
                else 'active' end as status,
           u.created_at as "createdAt", u.disabled_at as "disabledAt",
           (select count(*)::int from ${refreshTokens} s
             where s.user_id = u.id and not s.revoked and s.expires_at > now and s.absolute_expires_at > now
               and s.session_epoch = u.session_epoch) as sessions
      from ${users} u, protocol_now() as now
     where ${which} order by u.id limit ${limit}`);
  return rows.map((row) => ({
    ...row,
    createdAt: iso(row.createdAt),
    disabledAt: row.disabledAt && iso(row.disabledAt),
  }));
}

const iso = (text: string) => new Date(text).toISOString();
