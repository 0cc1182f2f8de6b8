// Ends a token for a service (RFC 7009): a refresh token ends its session, an access token itself.
import { Injectable } from '@nestjs/common';
import { Refusal, type RefusalCode } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Confirmation } from '../revocation/confirmation.js';
import { SessionEnd } from '../sessions/session-end.js';
import type { AccessClaims } from '../tokens/access-token.js';
import { parseRefreshToken } from '../tokens/refresh-token.js';
import type { ServiceClaims } from '../tokens/service-token.js';
import { TokenVerification } from '../tokens/token-verification.js';
import { ServiceVerdicts } from './service-verdicts.js';

const DONE: Confirmation = { isConfirmed: true };

/** RFC 7009 §2.2: what is worth nothing is ended already. */
const worthless = new Set<RefusalCode>(['unauthenticated', 'token_expired', 'token_stale']);

@Injectable()
export class TokenRevocation {
  constructor(
    private readonly sessionEnd: SessionEnd,
    private readonly verification: TokenVerification,
    private readonly serviceVerdicts: ServiceVerdicts,
  ) {}

  /**
   * Whoever holds a token may end it, whoever it is for.
   * @param service the name of the service that asks
   * @throws Refusal `unavailable`
   */
  async of(token: string, service: string, caller: Caller): Promise<Confirmation> {
    const refreshToken = parseRefreshToken(token);
    const session = refreshToken && (await this.sessionEnd.ofRefreshToken(refreshToken));
    if (session) return (await this.sessionEnd.one(session, caller, service)).confirmation;
    const claims = await this.liveClaims(token);
    if (!claims) return DONE;
    if ('sid' in claims) return this.sessionEnd.token(claims, caller, service);
    await this.serviceVerdicts.end(claims, service, caller);
    return DONE;
  }

  private async liveClaims(token: string): Promise<AccessClaims | ServiceClaims | undefined> {
    try {
      const claims = await this.verification.claimsForAnyAudience(token);
      this.verification.assertCurrent(claims);
      return claims;
    } catch (error) {
      if (error instanceof Refusal && worthless.has(error.code)) return undefined;
      throw error;
    }
  }
}
