// Writes a new factor in one transaction, with everything that follows from it.
import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import { FactorRemoval } from '../factors/factor-removal.js';
import { RecoveryCodes } from '../factors/recovery-codes.js';
import type { Exchange } from '../http/exchange.js';
import { MailedLinks } from '../tokens/mailed-links.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.js';
import { UserFactors } from '../users/user-factors.js';
import { FactorEffects } from './factor-effects.js';

export interface Wanted {
  readonly kind: 'totp' | 'passkey';
  /** How the factor was just proven (RFC 8176), with `mfa`: a sign-in that waits for it ends with it. */
  readonly methods: readonly string[];
  /** Of the mail about a reset of the factors. */
  readonly token?: string | undefined;
  /** Writes the factor. @returns false, and nothing written, if it is not fresh any more */
  readonly settle: (tx: Transaction) => Promise<boolean>;
  /** What the caller receives then. */
  readonly stale: () => Refusal;
}

interface Whose {
  readonly userId: string;
  /** The session that goes on. */
  readonly keeps: string | undefined;
}

@Injectable()
export class NewFactor {
  constructor(
    private readonly users: UserFactors,
    private readonly factors: FactorRemoval,
    private readonly codes: RecoveryCodes,
    private readonly effects: FactorEffects,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokens,
  ) {}

  /**
   * A mailed token is looked at before anything else, and a bad one counts for the caller's networks.
   * @throws Refusal `token_invalid`, `too_many_attempts`; whatever `act` throws
   */
  async withToken<T>(userId: string, { token }: Wanted, { caller }: Exchange, act: () => Promise<T>): Promise<T> {
    if (token === undefined) return act();
    return this.links.follow(token, 'enrol', caller, (looked) =>
      looked.userId === userId ? act() : Promise.resolve(undefined),
    );
  }

  /**
   * What it throws undoes everything: neither a ticket nor a mailed token is lost by a code that came too late.
   * @returns recovery codes with the first factor
   * @throws Refusal `enrolment_token_required`, `token_invalid`, `token_revoked`; what `stale` makes
   */
  async write(
    tx: Transaction,
    { userId, keeps }: Whose,
    { kind, token, settle, stale }: Wanted,
    exchange: Exchange,
  ): Promise<string[] | undefined> {
    const user = await this.users.lock(tx, userId);
    if (!user) throw new Refusal('token_revoked');
    if (user.needsToken || token !== undefined) await this.spend(tx, userId, token);
    const isFirst = (await this.factors.count(tx, userId)) === 0;
    if (!(await settle(tx))) throw stale();
    const codes = isFirst ? await this.codes.renew(tx, userId) : undefined;
    await this.effects.follow(tx, { type: 'factor.enrolled', kind, userId, email: user.email, keeps }, exchange);
    return codes;
  }

  /** An operator removed the factors of the account, and cannot know who comes next. */
  private async spend(tx: Transaction, userId: string, token: string | undefined): Promise<void> {
    if (token === undefined) throw new Refusal('enrolment_token_required');
    const spent = await this.tokens.spend(tx, token, 'enrol');
    if (spent?.userId !== userId) throw new Refusal('token_invalid');
    await this.users.endReset(tx, userId);
  }
}
