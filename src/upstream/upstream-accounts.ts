// Finds the account of a person at a provider.
import { Injectable } from '@nestjs/common';
import { and, eq } from 'drizzle-orm';
import { Database, inTransaction } from '../database/database.js';
import { upstreamIdentities } from '../database/upstream-schema.js';
import { Refusal } from '../errors.js';
import type { Exchange } from '../http/exchange.js';
import { UpstreamSignIns } from '../sessions/upstream-sign-ins.js';
import type { Proof } from '../sign-in/session-opening.js';
import { Users } from '../users/users.js';
import type { UpstreamAnswer } from './upstream-answer.js';

@Injectable()
export class UpstreamAccounts {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly signIns: UpstreamSignIns,
  ) {}

  /** @throws Refusal `upstream_declined` */
  async resolve(answer: UpstreamAnswer, _exchange: Exchange): Promise<{ userId: string; signInId: string }> {
    const { provider, issuer, subject, email: emailSeen, methods, sid, idToken } = answer;
    const isOf = and(eq(upstreamIdentities.issuer, issuer), eq(upstreamIdentities.subject, subject));
    const [identity] = await this.database.select().from(upstreamIdentities).where(isOf);
    if (!identity) throw new Refusal('upstream_declined');
    const { userId } = identity;
    const { maxSessionHours } = provider;
    const kept = { userId, issuer, subject, emailSeen, methods, sid, idToken, maxSessionHours, provider: provider.id };
    return { userId, signInId: await inTransaction(this.database, (tx) => this.signIns.record(tx, kept)) };
  }

  /** Repeatable. @throws Refusal `invalid_credentials` */
  async prove(userId: string, signInId: string): Promise<Proof> {
    const [user, signIn] = await Promise.all([this.users.findById(userId), this.signIns.find(userId, signInId)]);
    if (!user || !signIn || user.disabledAt) throw new Refusal('invalid_credentials');
    return { user, methods: signIn.methods, upstreamSignInId: signInId };
  }
}
