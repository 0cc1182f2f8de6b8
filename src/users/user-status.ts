// Changes the role of a user, disables, enables and deletes a user, by conditional statements that keep the last admin.
import { Injectable } from '@nestjs/common';
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Queries } from '../database/database.js';
import { userLookups } from '../database/schema/lookups.js';
import { users } from '../database/schema/users-and-sessions.js';
import { takeTurn } from '../database/turns.js';
import type { Role } from '../database/schema/vocabularies.js';
import { UserEmails } from './user-emails.js';

/** `unchanged`: there is no such user, or they are already what they were to become. `stale`: another revision. */
export type StatusOutcome = 'changed' | 'unchanged' | 'last_admin' | 'stale';
/** Those at which the act may happen; undefined for any. */
export type Revisions = readonly number[] | undefined;

/** A role that others change under each attempt is an error of theirs. */
const MAX_RACES = 4;

@Injectable()
export class UserStatus {
  constructor(private readonly emails: UserEmails) {}

  async disable(tx: Queries, id: string, at?: Revisions): Promise<StatusOutcome> {
    const set = sql`disabled_at = protocol_now(), ${revised}, ${bothBumped}`;
    const isDone = await this.keepingAnAdmin(tx, id, set, sql`${isEnabled} ${andAt(at)}`);
    return isDone ? 'changed' : this.whyNot(tx, id, isEnabled, at);
  }

  /**
   * Even the last admin: for a freeze. A thief who stays an administrator is worse than an installation that waits for its
   * operator. The user is locked by the caller.
   */
  async disableWhoever(tx: Queries, id: string): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      update ${users} u set disabled_at = protocol_now(), ${revised}, ${bothBumped}
       where u.id = ${id} and ${isEnabled}`);
    return rowCount === 1;
  }

  async enable(tx: Queries, id: string, at?: Revisions): Promise<StatusOutcome> {
    const { rowCount } = await tx.execute(sql`
      update ${users} u set disabled_at = null, ${revised}
       where u.id = ${id} and u.disabled_at is not null ${andAt(at)}`);
    return rowCount === 1 ? 'changed' : this.whyNot(tx, id, sql`false`, at);
  }

  /**
   * The sessions stay and receive the new role at their next refresh; access tokens with the old role are refused. An
   * account that nobody has verified keeps its role: whoever follows the link of a stranger would get it.
   * @returns the previous role as `from`
   */
  async changeRole(
    tx: Queries,
    id: string,
    to: Role,
    at?: Revisions,
  ): Promise<{ readonly from: Role } | Exclude<StatusOutcome, 'changed'>> {
    for (let race = 0; race < MAX_RACES; race++) {
      const from = await this.roleOf(tx, id);
      if (!from || from === to) return this.isStale(tx, id, at);
      const set = sql`role = ${to}, ${revised}, token_version = u.token_version + 1`;
      const which = sql`u.role = ${from} and u.pending_until is null`;
      if (await this.keepingAnAdmin(tx, id, set, sql`${which} ${andAt(at)}`)) return { from };
      const why = await this.whyNot(tx, id, which, at);
      if (why !== 'unchanged') return why;
    }
    throw new Error('The role of a user changed under every attempt to change it.');
  }

  /**
   * The first half of a deletion: locks the user, and ends every session and access token. Sign-ins that come now wait, and
   * then find nobody. The caller marks the sessions before it calls `remove`, whose lock excludes foreign keys, too.
   * @param tokenVersion of the token of the user themselves: an act that ended it in between wins. None: somebody else acts
   */
  async beginRemoval(tx: Queries, id: string, tokenVersion?: number): Promise<Exclude<StatusOutcome, 'stale'>> {
    const isTheirs = tokenVersion === undefined ? sql`true` : sql`${isEnabled} and u.token_version = ${tokenVersion}`;
    const isDone = await this.keepingAnAdmin(tx, id, bothBumped, isTheirs);
    return isDone ? 'changed' : this.whetherLast(tx, id, isTheirs);
  }

  /**
   * Deletes the user, by cascade every row that refers to them, and what leads to them.
   * @returns the address that they had, which is free
   */
  async remove(tx: Queries, id: string): Promise<string | undefined> {
    const [gone] = await tx.delete(users).where(eq(users.id, id)).returning({ email: users.email });
    if (!gone) return undefined;
    await this.emails.free(tx, { email: gone.email, userId: id });
    await tx.delete(userLookups).where(eq(userLookups.userId, id));
    return gone.email;
  }

  /** For dry runs: nothing is decided by it. */
  async isLastAdmin(queries: Queries, id: string): Promise<boolean> {
    const { rows } = await queries.execute(sql`
      select from ${users} where role = 'admin' and disabled_at is null having count(*) = 1 and bool_and(id = ${id})`);
    return rows.length > 0;
  }

  /**
   * Acts that may take an administrator away take turns, so that of two that would take the last two away the second one
   * counts what the first has left. Other acts change only who is no administrator, by the row itself.
   */
  private async keepingAnAdmin(tx: Queries, id: string, set: SQL, which: SQL): Promise<boolean> {
    const isNoAdmin = sql`(u.role <> 'admin' or u.disabled_at is not null)`;
    const change = (isSafe: SQL) =>
      tx.execute(sql`update ${users} u set ${set} where u.id = ${id} and ${which} and ${isSafe}`);
    if ((await change(isNoAdmin)).rowCount === 1) return true;
    if (!(await this.isAdmin(tx, id))) return false;
    await takeTurn(tx, 'administrators');
    const { rows: others } = await tx.execute(sql`
      select from ${users} where role = 'admin' and disabled_at is null and id <> ${id} limit 1`);
    return (await change(others.length > 0 ? sql`true` : isNoAdmin)).rowCount === 1;
  }

  private async isAdmin(queries: Queries, id: string): Promise<boolean> {
    const { rows } = await queries.execute(sql`
      select from ${users} where id = ${id} and role = 'admin' and disabled_at is null`);
    return rows.length > 0;
  }

  /** After a statement that changed nothing. */
  private async whyNot(
    tx: Queries,
    id: string,
    which: SQL,
    at?: Revisions,
  ): Promise<Exclude<StatusOutcome, 'changed'>> {
    const stale = await this.isStale(tx, id, at);
    return stale === 'stale' ? stale : this.whetherLast(tx, id, which);
  }

  private async whetherLast(tx: Queries, id: string, which: SQL): Promise<'last_admin' | 'unchanged'> {
    const { rows } = await tx.execute(sql`
      select from ${users} u where u.id = ${id} and u.role = 'admin' and u.disabled_at is null and ${which}`);
    return rows.length > 0 ? 'last_admin' : 'unchanged';
  }

  private async isStale(tx: Queries, id: string, at: Revisions): Promise<'stale' | 'unchanged'> {
    if (at === undefined) return 'unchanged';
    const { rows } = await tx.execute(sql`select from ${users} u where u.id = ${id} ${andAt(at)}`);
    return rows.length > 0 ? 'unchanged' : 'stale';
  }

  private async roleOf(tx: Queries, id: string): Promise<Role | undefined> {
    const [user] = await tx.select({ role: users.role }).from(users).where(isFull(id));
    return user?.role;
  }
}

const isFull = (id: string) => and(eq(users.id, id), isNull(users.pendingUntil));
/** On the row itself, so that of two acts at one revision the second finds none. */
const andAt = (at: Revisions) => (at === undefined ? sql`` : sql`and u.revision = any(${sql.param([...at])}::int[])`);
/** Of whatever an administrator sees of a user. */
const revised = sql`revision = u.revision + 1`;
const isEnabled = sql`u.disabled_at is null`;
const bothBumped = sql`token_version = u.token_version + 1, session_epoch = u.session_epoch + 1`;
