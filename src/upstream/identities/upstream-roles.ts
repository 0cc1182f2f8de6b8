// Gives a user the role that a provider's claim says today, where the operator has mapped the claim.
import { Injectable } from '@nestjs/common';
import { AccountStatus } from '../../accounts/account-status.js';
import { Config } from '../../config/config.js';
import type { Role } from '../../database/schema/vocabularies.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { RequestedMail } from '../../mail/requested-mail.js';
import { Log } from '../../telemetry/log.js';
import type { UpstreamAnswer } from './upstream-answer.js';
import type { KnownUser } from './upstream-identities.js';

type Claimed = Pick<UpstreamAnswer, 'provider' | 'roleValues'>;

@Injectable()
export class UpstreamRoles {
  constructor(
    private readonly status: AccountStatus,
    private readonly mail: RequestedMail,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  /**
   * A role that is given or taken acts at once: access tokens of other sessions are dead before this one starts. The last
   * administrator stays one.
   * @throws Refusal `unavailable` if nobody confirms that: the next sign-in finds the new role
   */
  async follow({ userId, role, email }: KnownUser, claimed: Claimed, exchange: Exchange): Promise<void> {
    const to = this.roleIn(claimed);
    if (to === undefined || to === role) return;
    const { id } = claimed.provider;
    const notice = await this.mail.notice('role_changed', email, exchange, { data: { role: to } });
    const act = { by: `provider ${id}`, caller: exchange.caller };
    const changed = await this.status.changeRole(userId, to, act, notice && ((tx) => notice(tx))).catch(unlessLast);
    if (!changed) this.log.warn({ event: 'upstream.last_admin_kept', provider: id, userId });
    else if (!changed.confirmation.isConfirmed)
      throw new Refusal('unavailable', { cause: new Error('the change of a role is not confirmed yet') });
  }

  /** @returns the mightiest role of the claim's values; undefined if the provider's claims say nothing of roles */
  roleIn({ provider, roleValues }: Claimed): Role | undefined {
    const map = provider.roles?.map;
    if (!map) return undefined;
    const given = new Set(roleValues.map((value) => (Object.hasOwn(map, value) ? map[value] : undefined)));
    return this.config.ROLES.toReversed().find((role) => given.has(role)) ?? 'user';
  }
}

function unlessLast(error: unknown): undefined {
  if (!(error instanceof Refusal) || error.code !== 'last_admin') throw error;
  return undefined;
}
