// Ends sessions of somebody else, for an administrator.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { type Act, noteOf } from '../accounts/act.js';
import { Audit } from '../audit/audit.js';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { Revocations } from '../revocation/revocations.js';
import { SessionEnd, type SessionsEnded } from '../sessions/session-end.js';
import { type User, Users } from '../users/users.js';
import { UserNotices } from './user-notices.js';

type Whose = Pick<User, 'id' | 'email'>;

@Injectable()
export class ForcedEnd {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
    private readonly notices: UserNotices,
  ) {}

  /** Ends every session and access token; the counters also stop a sign-in that is in progress. */
  all({ id: userId, email }: Whose, act: Act): Promise<SessionsEnded> {
    return inTransaction(this.database, async (tx) => {
      await this.users.bumpBoth(tx, userId);
      const ended = await this.sessionEnd.mark(tx, userId, sql`true`, 'operator', act.caller, act.by);
      const confirmation = await this.revocations.end(tx, { users: [userId], sessions: ended });
      const sessions = ended.length;
      await this.audit.record(tx, [{ type: 'user.sessions_ended', userId, sessions, ...noteOf(act) }], act.caller);
      if (sessions > 0) await this.notices.write(tx, 'sessions_ended', email);
      return { sessions, confirmation };
    });
  }

  /** One that has ended already is ended again for Redis: a retry waits for the confirmation, too. */
  one({ id: userId }: Whose, sessionId: string, act: Act): Promise<SessionsEnded> {
    return inTransaction(this.database, async (tx) => {
      const which = sql`id = ${sessionId}`;
      const sessions = await this.sessionEnd.mark(tx, userId, which, 'operator', act.caller, act.by);
      const confirmation = await this.revocations.end(tx, { told: [userId], sessions });
      if (sessions.length > 0) {
        const event = { type: 'user.sessions_ended', userId, sessions: 1, ...noteOf(act) } as const;
        await this.audit.record(tx, [event], act.caller);
      }
      return { sessions: sessions.length, confirmation };
    });
  }
}
