// Changes a user's role, disables a user and enables them again, for operators and administrators.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import type { Role } from '../database/schema/vocabularies.js';
import { Refusal } from '../errors.js';
import type { Confirmation } from '../revocation/confirmation.js';
import { Revocations } from '../revocation/revocations.js';
import { FactorlessSessions } from '../sessions/factorless-sessions.js';
import { SessionEnd } from '../sessions/session-end.js';
import { voidFreezes } from '../tokens/one-time-tokens.js';
import { type StatusOutcome, UserStatus } from '../users/user-status.js';
import { type Act, noteOf } from './act.js';

export interface StatusChange {
  /** False if the user already had that status, or does not exist. */
  readonly hasChanged: boolean;
  readonly confirmation: Confirmation;
}

interface Wanted {
  readonly role?: Role | undefined;
  readonly isDisabled?: boolean | undefined;
}

/** What is no longer as it was. */
export interface Changed {
  readonly role?: { readonly from: Role; readonly to: Role };
  readonly status?: 'disabled' | 'enabled';
}

/** Written in the same transaction if anything changes. */
type Alongside = (tx: Transaction, changed: Changed) => Promise<void>;

/** Each act passes the user to `revocations.end` even if nothing changes, so that a retry waits for Redis, too. */
@Injectable()
export class AccountStatus {
  constructor(
    private readonly database: Database,
    private readonly userStatus: UserStatus,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
    private readonly factorless: FactorlessSessions,
  ) {}

  /**
   * Access tokens with the old role are refused at once; the sessions receive the new role when they refresh. Where the new
   * role needs a second factor, sessions that began without one end: they would have the role without it.
   * @throws Refusal `last_admin`, `precondition_failed`
   */
  changeRole(userId: string, to: Role, act: Act, alongside?: Alongside): Promise<StatusChange> {
    return this.change(userId, { role: to }, act, alongside);
  }

  /**
   * Ends every session and access token; no new session can start.
   * @throws Refusal `last_admin`, `precondition_failed`
   */
  disable(userId: string, act: Act, alongside?: Alongside): Promise<StatusChange> {
    return this.change(userId, { isDisabled: true }, act, alongside);
  }

  /**
   * The user may sign in again. Ended sessions stay ended, and no earlier mail locks the account again.
   * @returns false if there is nothing to change
   */
  async enable(userId: string, act: Act, alongside?: Alongside): Promise<boolean> {
    return (await this.change(userId, { isDisabled: false }, act, alongside)).hasChanged;
  }

  /** All of it or nothing. @throws Refusal `last_admin`, `precondition_failed` */
  change(userId: string, wanted: Wanted, act: Act, alongside?: Alongside): Promise<StatusChange> {
    return inTransaction(this.database, async (tx) => {
      const changed = await this.write(tx, userId, wanted, act);
      const confirmation = await this.endWhatFollows(tx, userId, { wanted, changed, act });
      const { role, status } = changed;
      const note = { userId, ...noteOf(act) };
      if (role) await this.audit.record(tx, [{ type: 'role.changed', ...role, ...note }], act.caller);
      if (status) await this.audit.record(tx, [{ type: `user.${status}`, ...note }], act.caller);
      const hasChanged = role !== undefined || status !== undefined;
      if (hasChanged) await alongside?.(tx, changed);
      return { hasChanged, confirmation };
    });
  }

  private async write(tx: Transaction, userId: string, { role: to, isDisabled }: Wanted, act: Act): Promise<Changed> {
    const outcome = to === undefined ? 'unchanged' : await this.userStatus.changeRole(tx, userId, to, act.revisions);
    const role = isChange(outcome) && to !== undefined ? { role: { from: outcome.from, to } } : {};
    if (isDisabled === undefined) return role;
    // The first change moved the revision, and holds the row.
    const at = 'role' in role ? undefined : act.revisions;
    const status = isDisabled
      ? await this.userStatus.disable(tx, userId, at)
      : await this.userStatus.enable(tx, userId, at);
    return isChange(status) ? { ...role, status: isDisabled ? 'disabled' : 'enabled' } : role;
  }

  private async endWhatFollows(
    tx: Transaction,
    userId: string,
    { wanted, changed, act }: { readonly wanted: Wanted; readonly changed: Changed; readonly act: Act },
  ): Promise<Confirmation> {
    const { role, status } = changed;
    const weak = role ? await this.factorless.markFor(tx, userId, role.to, act.caller) : [];
    const isDisabled = status === 'disabled';
    const all = isDisabled ? await this.sessionEnd.mark(tx, userId, sql`true`, 'disabled', act.caller) : [];
    if (status === 'enabled') await voidFreezes(tx, userId);
    if (wanted.role === undefined && wanted.isDisabled !== true) return { isConfirmed: true };
    return this.revocations.end(tx, { users: [userId], sessions: [...weak, ...all] });
  }
}

/** A refusal undoes what the act has written so far. @throws Refusal `last_admin`, `precondition_failed` */
function isChange<T>(outcome: T): outcome is Exclude<T, StatusOutcome> | Extract<T, 'changed'> {
  if (outcome === 'last_admin') throw new Refusal('last_admin');
  if (outcome === 'stale') throw new Refusal('precondition_failed');
  return outcome !== 'unchanged';
}
