// Finds users by the beginning of their address, by role and by whether they are disabled, in the order of addresses.
import { Injectable } from '@nestjs/common';
import { and, sql } from 'drizzle-orm';
import { timeOf } from '../database/schema/columns.js';
import { Database } from '../database/database.js';
import { users } from '../database/schema/users-and-sessions.js';
import type { User } from '../users/users.js';
import { type Page, readPage, type Scan } from './bounded-page.js';
import { type AdminUser, toAdminUser } from './admin-user.js';

export interface UserFilters {
  /** Canonical, as in users/email.ts. */
  readonly email?: string | undefined;
  readonly role?: string | undefined;
  readonly disabled?: boolean | undefined;
}

type Times = 'emailVerifiedAt' | 'pendingUntil' | 'disabledAt';
type Row = Pick<User, 'id' | 'email' | 'role'> & Record<Times, string | null> & { readonly createdAt: string };

const columns = sql`id, email, role, created_at as "createdAt", email_verified_at as "emailVerifiedAt",
  pending_until as "pendingUntil", disabled_at as "disabledAt"`;

const fromRow = ({ id, email, role, createdAt, emailVerifiedAt, pendingUntil, disabledAt }: Row): AdminUser =>
  toAdminUser({
    ...{ id, email, role, createdAt: timeOf(createdAt) },
    emailVerifiedAt: emailVerifiedAt === null ? null : timeOf(emailVerifiedAt),
    pendingUntil: pendingUntil === null ? null : timeOf(pendingUntil),
    disabledAt: disabledAt === null ? null : timeOf(disabledAt),
  });

/** After every character that an address may have. */
const LAST = '\u{10FFFF}';
/** Most users have it: an index by role does not help to find them. */
const COMMON_ROLE = 'user';

@Injectable()
export class UserSearch {
  constructor(private readonly database: Database) {}

  /** @param after the `end` of the page before */
  async page(filters: UserFilters, after: string | undefined, limit: number): Promise<Page<AdminUser>> {
    const page = await readPage<Row>(this.database, scanOfUsers(filters, after), limit);
    return { ...page, rows: page.rows.map(fromRow) };
  }
}

const email = sql`email collate "C"`;

/**
 * Bytes are compared, not patterns: `%`, `_` and `\` are characters as any other. The pair of role and address leaves the
 * planner one index only.
 */
export function scanOfUsers({ email: prefix = '', role, disabled }: UserFilters, after: string | undefined): Scan {
  const common = { columns, place: sql`email` };
  const isDisabled = sql`disabled_at is not null`;
  const status = disabled === undefined ? undefined : disabled ? isDisabled : sql`disabled_at is null`;
  const from = after === undefined ? sql`${email} >= ${prefix}` : sql`${email} > ${after}`;
  const range = sql`${from} and ${email} < ${prefix + LAST}`;
  if (disabled === true && (role === undefined || role === COMMON_ROLE)) {
    const fits = role === undefined ? undefined : sql`role = ${role}`;
    return { ...common, from: sql`${users} where ${isDisabled} and ${range}`, order: email, fits };
  }
  if (role === undefined) return { ...common, from: sql`${users} where ${range}`, order: email, fits: status };
  const pair = sql`(role, ${email})`;
  const fromPair = after === undefined ? sql`${pair} >= (${role}, ${prefix})` : sql`${pair} > (${role}, ${after})`;
  const pairs = and(fromPair, sql`${pair} < (${role}, ${prefix + LAST})`);
  return { ...common, from: sql`${users} where ${pairs}`, order: sql`role, ${email}`, fits: status };
}
