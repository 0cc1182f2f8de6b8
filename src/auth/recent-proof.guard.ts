// Demands a recent proof of identity for grave acts: with two factors, where the account has a second one or its role needs
// it. It runs after the guard of the access token.
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ACR_VALUES } from '../../packages/contract/src/claims.js';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { DueFactors } from '../factors/due-factors.js';
import type { Principal } from '../http/principal.js';
import { type DemandedProof, NEEDS_RECENT_PROOF } from '../http/recent-proof.decorator.js';
import { requestOf } from '../http/request-of.js';
import { isAtLeast } from '../tokens/acr.js';
import { TokenVerification } from '../tokens/token-verification.js';

const TWO_FACTORS = 'urn:watchword:2fa';
const strong = ACR_VALUES.filter((acr) => isAtLeast(acr, TWO_FACTORS));

@Injectable()
export class RecentProofGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly verification: TokenVerification,
    private readonly factors: DueFactors,
    private readonly config: Config,
  ) {}

  /** @throws Refusal `reauthentication_required` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    const demanded = this.reflector.getAllAndOverride<DemandedProof | undefined>(NEEDS_RECENT_PROOF, places);
    const { user } = requestOf(context) as FastifyRequest & { user?: Principal };
    if (demanded && user) await this.assert(user, demanded);
    return true;
  }

  private async assert(user: Principal, demanded: DemandedProof): Promise<void> {
    const { onlyWithFactor = false, maxAgeSeconds: maxAge = this.config.STEP_UP_MAX_AGE_SECONDS } = demanded;
    const needsTwo = await this.needsTwo(user, demanded);
    if (onlyWithFactor && !needsTwo) return;
    const isStrong = !needsTwo || isAtLeast(user.acr, TWO_FACTORS);
    if (isStrong && this.verification.isWithin(maxAge, user.authenticatedAt)) return;
    throw new Refusal('reauthentication_required', { maxAge, ...(needsTwo ? { acrValues: strong } : {}) });
  }

  /** A session from before the role needed a second factor proves no grave act with the password alone. */
  private async needsTwo({ userId, role }: Principal, { maySetUpFirst }: DemandedProof): Promise<boolean> {
    if (!maySetUpFirst && this.config.MFA_REQUIRED_ROLES.includes(role)) return true;
    return (await this.factors.of(userId)).length > 0;
  }
}
