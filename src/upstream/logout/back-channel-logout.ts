// Back-channel logout: a provider tells us that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0).
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { compactVerify, type JWSHeaderParameters } from 'jose';
import type { ProviderSettings } from '../../config/provider-file.js';
import { Database, type Transaction } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { upstreamLogouts } from '../../database/schema/upstream.js';
import { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import { KeyRing } from '../../keys/key-ring.js';
import type { Confirmation } from '../../revocation/confirmation.js';
import { Revocations } from '../../revocation/revocations.js';
import { SessionEnd } from '../../sessions/session-end.js';
import { UpstreamSignIns } from '../../sessions/upstream-sign-ins.js';
import type { SessionRef } from '../../tokens/auth-session.js';
import { type LogoutToken, readLogoutToken } from './logout-token.js';
import { ProviderKeys } from '../providers/provider-keys.js';
import { ID_TOKEN_ALGORITHMS } from '../providers/providers.js';

interface LoggedOut {
  readonly sessions: number;
  readonly confirmation: Confirmation;
}

@Injectable()
export class BackChannelLogout {
  constructor(
    private readonly database: Database,
    private readonly keyRing: KeyRing,
    private readonly providerKeys: ProviderKeys,
    private readonly signIns: UpstreamSignIns,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
  ) {}

  /**
   * Ends the sessions that a logout token names, and sign-ins that are under way; a person whom we do not know has none.
   * @throws Refusal `invalid_request` for a token that is wrong in any way (§2.8); `upstream_unavailable`, `upstream_invalid`
   */
  async act(provider: ProviderSettings, text: string, caller: Caller): Promise<LoggedOut> {
    const token = await this.verified(provider, text);
    return inTransaction(this.database, async (tx) => {
      if (!(await this.isFirst(tx, provider, token))) return undefined;
      const sessions = await this.signIns.loggedOut(tx, provider.issuer, token);
      const marked = await this.mark(tx, sessions, caller);
      return { sessions: marked.length, confirmation: await this.revocations.end(tx, { sessions }) };
    }).then((done) => done ?? refuse('its jti was here before'));
  }

  /** What costs nothing comes first: the provider's keys are asked for only with a token that may be the provider's. */
  private async verified(provider: ProviderSettings, text: string): Promise<LogoutToken> {
    const token = readLogoutToken(text, { ...provider, now: this.keyRing.now() });
    if ('wrong' in token) return refuse(token.wrong);
    try {
      const options = { algorithms: ID_TOKEN_ALGORITHMS };
      await compactVerify(text, (header: JWSHeaderParameters) => this.providerKeys.keyFor(provider, header), options);
      return token;
    } catch (error) {
      if (error instanceof Refusal) throw error;
      return refuse(error instanceof Error ? error.message : 'its signature cannot be checked');
    }
  }

  /** §2.6: no `jti` counts twice. Undone together with the rest, so that the provider may try again. */
  private async isFirst(
    tx: Transaction,
    { issuer }: ProviderSettings,
    { jti, expiresAt }: LogoutToken,
  ): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      insert into ${upstreamLogouts} (issuer, jti, expires_at) values (${issuer}, ${jti}, ${expiresAt})
      on conflict do nothing`);
    return rowCount === 1;
  }

  /** By user, in one order. */
  private async mark(tx: Transaction, sessions: readonly SessionRef[], caller: Caller): Promise<readonly SessionRef[]> {
    const marked: SessionRef[] = [];
    for (const userId of new Set(sessions.map((session) => session.userId))) {
      const ids = sessions.filter((session) => session.userId === userId).map(({ sessionId }) => sessionId);
      const which = sql`id = any(${sql.param(ids)}::uuid[])`;
      marked.push(...(await this.sessionEnd.mark(tx, userId, which, 'upstream_logout', caller)));
    }
    return marked;
  }
}

/** One answer for every mistake; the reason is for the log. */
function refuse(reason: string): never {
  throw new Refusal('invalid_request', {
    errors: [{ path: 'logout_token', message: 'The logout token is not valid.' }],
    cause: new Error(reason),
  });
}
