// Ends every session of a user but one, after a change of what they sign in with. That one goes on.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import type { Transaction } from '../database/database.js';
import { refreshTokens, users } from '../database/schema/users-and-sessions.js';
import type { Caller } from '../http/caller.js';
import type { SessionRef } from '../tokens/auth-session.js';
import { type EndReason, SessionEnd } from './session-end.js';

interface Ending {
  readonly userId: string;
  /** The session that goes on in the new epoch; undefined for none. */
  readonly keeps: string | undefined;
  readonly reason: EndReason;
}

@Injectable()
export class OtherSessions {
  constructor(private readonly sessionEnd: SessionEnd) {}

  /**
   * The caller has locked the user and moved their session epoch, and passes the result to `revocations.end`.
   * @returns undefined if the session that was to go on has ended: roll back
   */
  async end(
    tx: Transaction,
    { userId, keeps, reason }: Ending,
    caller: Caller,
  ): Promise<readonly SessionRef[] | undefined> {
    if (keeps !== undefined) {
      const { rowCount } = await tx.execute(sql`
        update ${refreshTokens} s set session_epoch = u.session_epoch from ${users} u
         where s.user_id = ${userId} and s.id = ${keeps} and not s.revoked and u.id = s.user_id
           and s.session_epoch = u.session_epoch - 1`);
      if (rowCount !== 1) return undefined;
    }
    const which = keeps === undefined ? sql`true` : sql`id <> ${keeps}`;
    return this.sessionEnd.mark(tx, userId, which, reason, caller);
  }
}
