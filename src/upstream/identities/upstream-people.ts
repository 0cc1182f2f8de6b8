// Finds the user whom a provider's answer is about, or makes one, and gives them the role that the answer says.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Database } from '../../database/database.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import type { UpstreamAnswer } from './upstream-answer.js';
import { UpstreamIdentities } from './upstream-identities.js';
import { UpstreamRoles } from './upstream-roles.js';
import { UpstreamSignUp } from './upstream-sign-up.js';

@Injectable()
export class UpstreamPeople {
  constructor(
    private readonly database: Database,
    private readonly identities: UpstreamIdentities,
    private readonly signUp: UpstreamSignUp,
    private readonly roles: UpstreamRoles,
    private readonly audit: Audit,
  ) {}

  /**
   * @returns the id of the user
   * @throws Refusal `link_required`, `upstream_declined`, `invalid_credentials` of a disabled user, `unavailable`
   */
  async find(answer: UpstreamAnswer, exchange: Exchange): Promise<string> {
    const known = await this.identities.use(this.database, answer, answer.email ?? null);
    const user = known ?? (await this.signUp.of(answer, exchange));
    const { userId } = user;
    if (user.isDisabled) {
      await this.audit.recordAlone({ type: 'login.failed', userId, reason: 'disabled' }, exchange.caller);
      throw new Refusal('invalid_credentials');
    }
    await this.roles.follow(user, answer, exchange);
    return userId;
  }
}
