// Says what a token is and whether it still counts (RFC 7662). It agrees with this service's own routes, and spends
// nothing.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Refusal, type RefusalCode } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Revocations } from '../revocation/revocations.js';
import { RefreshState } from '../sessions/refresh-state.js';
import { Metrics } from '../telemetry/metrics.js';
import { type AccessClaims, CLIENT_ID } from '../tokens/access-token.js';
import type { ServiceClaims } from '../tokens/service-token.js';
import { TokenVerification } from '../tokens/token-verification.js';
import type { ServicePrincipal } from './service-authentication.js';
import { ServiceVerdicts } from './service-verdicts.js';

export type Introspected = { readonly active: false } | ({ readonly active: true } & Readonly<Record<string, unknown>>);

/** Whatever the reason: unknown, foreign, expired, dead, or for somebody else (RFC 7662 §2.2). */
const INACTIVE = { active: false } as const;

const worthless = new Set<RefusalCode>(['unauthenticated', 'token_expired', 'token_stale']);

@Injectable()
export class Introspection {
  private readonly answers;

  constructor(
    private readonly verification: TokenVerification,
    private readonly revocations: Revocations,
    private readonly serviceVerdicts: ServiceVerdicts,
    private readonly refreshState: RefreshState,
    private readonly config: Config,
    metrics: Metrics,
  ) {
    const help = 'Introspected tokens, by the service that asked and the answer';
    this.answers = metrics.counter('watchword_introspections_total', help, 'service', 'answer');
  }

  /** @throws Refusal `unavailable` when nobody can tell: neither answer would be right */
  async of(token: string, service: ServicePrincipal, caller: Caller): Promise<Introspected> {
    const found = (await this.ofAccessToken(token, service)) ?? (await this.ofRefreshToken(token, service, caller));
    this.answers.inc({ service: service.name, answer: found ? 'active' : 'inactive' });
    return found ? { active: true, ...found } : INACTIVE;
  }

  private async ofAccessToken(token: string, service: ServicePrincipal): Promise<object | undefined> {
    try {
      const claims = await this.verification.claimsForAnyAudience(token);
      this.verification.assertCurrent(claims);
      if (!this.isFor(claims.aud, service) || !(await this.isLive(claims))) return undefined;
      const isBound = 'cnf' in claims && claims.cnf !== undefined;
      return { token_use: 'access_token', token_type: isBound ? 'DPoP' : 'Bearer', ...claims };
    } catch (error) {
      if (error instanceof Refusal && worthless.has(error.code)) return undefined;
      throw error;
    }
  }

  private async isLive(claims: AccessClaims | ServiceClaims): Promise<boolean> {
    if (!('sid' in claims)) return this.serviceVerdicts.isLive(claims);
    return (await this.revocations.verdictFor(claims)) === 'live';
  }

  /** It has no `token_type`: whoever takes it for an access token takes what is good for weeks. */
  private async ofRefreshToken(token: string, service: ServicePrincipal, caller: Caller): Promise<object | undefined> {
    if (!this.isFor(this.config.audiences, service)) return undefined;
    const live = await this.refreshState.of(token, caller);
    if (!live) return undefined;
    const { userId: sub, sessionId: sid, expiresAt } = live;
    const exp = Math.floor(expiresAt.getTime() / 1_000);
    return { token_use: 'refresh_token', iss: this.config.issuer, client_id: CLIENT_ID, sub, sid, exp };
  }

  /** RFC 7662 §4: a token for other services is not active for this one. */
  private isFor(aud: string | readonly string[], { audiences }: ServicePrincipal): boolean {
    const own = audiences.length > 0 ? audiences : [this.config.audiences[0]];
    const named = typeof aud === 'string' ? [aud] : aud;
    return own.some((audience) => named.includes(audience));
  }
}
