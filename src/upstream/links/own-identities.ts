// Shows a user the providers that their account is connected with, and takes a connection away.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { Database, type Transaction } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { passkeys } from '../../database/schema/passkeys.js';
import { FactorEffects } from '../../enrolment/factor-effects.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import type { Principal } from '../../http/principal.js';
import type { Confirmation } from '../../revocation/confirmation.js';
import { UserFactors } from '../../users/user-factors.js';
import { Users } from '../../users/users.js';
import { type UpstreamIdentity, UpstreamIdentities } from '../identities/upstream-identities.js';

type Me = Pick<Principal, 'userId' | 'sessionId'>;
type Left = Pick<Awaited<ReturnType<UserFactors['lock']>> & object, 'hasPassword' | 'isVerified'>;

export interface OwnIdentity {
  readonly id: string;
  readonly provider: string | null;
  readonly label: string;
  readonly email: string | null;
  readonly linkedAt: Date;
  readonly lastUsedAt: Date | null;
}

@Injectable()
export class OwnIdentities {
  constructor(
    private readonly database: Database,
    private readonly identities: UpstreamIdentities,
    private readonly users: Users,
    private readonly locks: UserFactors,
    private readonly effects: FactorEffects,
    private readonly config: Config,
  ) {}

  async of(userId: string): Promise<{ identities: OwnIdentity[]; hasPassword: boolean }> {
    const user = await this.users.findById(userId);
    const identities = await this.identities.listOf(this.database, userId);
    const shown = identities.map(({ id, issuer, emailSeen: email, linkedAt, lastUsedAt }) => {
      return { id, ...this.providerOf(issuer), email, linkedAt, lastUsedAt };
    });
    return { identities: shown, hasPassword: typeof user?.passwordHash === 'string' };
  }

  /** Ends every other session. @throws Refusal `not_found`, `last_factor`, `token_revoked` */
  async remove({ userId, sessionId }: Me, id: string, exchange: Exchange): Promise<Confirmation> {
    // Another user's id and a malformed one get the same answer.
    if (!z.uuid().safeParse(id).success) throw new Refusal('not_found');
    return inTransaction(this.database, async (tx) => {
      // Of two requests that remove the last two, the second one counts what the first has left.
      const user = await this.locks.lock(tx, userId);
      if (!user) throw new Refusal('token_revoked');
      const removed = await this.identities.remove(tx, userId, id);
      if (!removed) throw new Refusal('not_found');
      await this.assertWayLeft(tx, userId, user);
      const { provider, label } = this.providerOf(removed.issuer);
      const change = {
        type: 'identity.removed',
        provider: provider ?? label,
        label,
        userId,
        email: user.email,
      } as const;
      return this.effects.follow(tx, { ...change, keeps: sessionId }, exchange);
    });
  }

  /** Nothing but the removal was written before: it is rolled back. @throws Refusal `last_factor` */
  private async assertWayLeft(tx: Transaction, userId: string, { hasPassword, isVerified }: Left): Promise<void> {
    if (hasPassword) return;
    const others = await this.identities.listOf(tx, userId);
    if (others.some((each) => this.isConfigured(each))) return;
    // A passkey alone would leave the account to whoever resets its password: the mailbox may be a stranger's.
    if (isVerified && (await this.hasPasskey(tx, userId))) return;
    throw new Refusal('last_factor', { detail: LAST_WAY });
  }

  private async hasPasskey(tx: Transaction, userId: string): Promise<boolean> {
    const { rows } = await tx.execute(sql`
      select from ${passkeys} where user_id = ${userId} and rp_id = ${this.config.relyingParty.id} limit 1`);
    return rows.length > 0;
  }

  private isConfigured({ issuer }: UpstreamIdentity): boolean {
    return this.config.upstreamProviders.some((provider) => provider.issuer === issuer);
  }

  /** One that the operator has taken out of the file is named by its host. */
  private providerOf(issuer: string): { provider: string | null; label: string } {
    const known = this.config.upstreamProviders.find((provider) => provider.issuer === issuer);
    return known ? { provider: known.id, label: known.label } : { provider: null, label: new URL(issuer).host };
  }
}

const LAST_WAY = 'This is the last way to sign in to this account; set a password or add a passkey first.';
