// Says whose account an answer of a provider opens: for the start of a session, and as its proof.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database, type Transaction } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { users } from '../../database/schema/users-and-sessions.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { UpstreamSignIns } from '../../sessions/upstream-sign-ins.js';
import type { Proof } from '../../sign-in/session-opening.js';
import { Users } from '../../users/users.js';
import type { UpstreamAnswer } from './upstream-answer.js';
import { UpstreamIdentities } from './upstream-identities.js';
import { UpstreamPeople } from './upstream-people.js';

interface SignedInUpstream {
  readonly userId: string;
  readonly signInId: string;
}

@Injectable()
export class UpstreamAccounts {
  constructor(
    private readonly database: Database,
    private readonly people: UpstreamPeople,
    private readonly identities: UpstreamIdentities,
    private readonly signIns: UpstreamSignIns,
    private readonly users: Users,
  ) {}

  /**
   * @returns the user, and the sign-in that a session may begin with
   * @throws Refusal `link_required`, `upstream_declined`, `invalid_credentials` of a disabled user, `unavailable`
   */
  async resolve(answer: UpstreamAnswer, exchange: Exchange): Promise<SignedInUpstream> {
    const { provider, issuer, subject, email, methods, authenticatedAt, sid, idToken } = answer;
    const userId = await this.people.find(answer, exchange);
    const kept = { userId, issuer, subject, emailSeen: email, methods, authenticatedAt, sid, idToken };
    const signInId = await inTransaction(this.database, async (tx) => {
      await assertThere(tx, userId);
      return this.signIns.record(tx, { ...kept, provider: provider.id, maxSessionHours: provider.maxSessionHours });
    });
    return { userId, signInId };
  }

  /** Repeatable. @throws Refusal `invalid_credentials` if the user is disabled, or the identity is theirs no more */
  async prove(userId: string, signInId: string): Promise<Proof> {
    const [user, signIn] = await Promise.all([this.users.findById(userId), this.signIns.find(userId, signInId)]);
    const isTheirs = signIn && (await this.identities.has(this.database, userId, signIn));
    if (!user || user.disabledAt || !isTheirs) throw new Refusal('invalid_credentials');
    const { methods, authenticatedAt } = signIn;
    return { user, methods, authenticatedAt: authenticatedAt ?? undefined, upstreamSignInId: signInId };
  }
}

/** The user may be deleted right now: then the row that refers to them is not written. @throws Refusal `invalid_credentials` */
async function assertThere(tx: Transaction, userId: string): Promise<void> {
  const { rows } = await tx.execute(sql`select from ${users} where id = ${userId} for key share`);
  if (rows.length === 0) throw new Refusal('invalid_credentials');
}
