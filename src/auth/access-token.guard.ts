// Lets a request reach its route: closed unless the route is @Public(), or an enrol ticket let it in. `canActivate` is the
// path of every authenticated request.
import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { isDatabaseUnavailable } from '../database/connections/unavailable.js';
import { isLetIn } from '../enrolment/enroller.js';
import { Refusal } from '../errors.js';
import { acrOf } from '../tokens/acr.js';
import { PresentedToken } from '../tokens/presented-token.js';
import type { Principal } from '../http/principal.js';
import { IS_PUBLIC } from '../http/public.decorator.js';
import { requestOf } from '../http/request-of.js';
import { SKIPS_VERDICT_CACHE } from '../http/skip-verdict-cache.decorator.js';
import { refuseDead } from '../revocation/refuse-dead.js';
import { Revocations } from '../revocation/revocations.js';
import type { AccessClaims } from '../tokens/access-token.js';
import { TokenPossession } from '../tokens/token-possession.js';
import { TokenVerification } from '../tokens/token-verification.js';
import { JwtStrategy } from './jwt.strategy.js';

interface Marks {
  readonly isPublic: boolean;
  readonly skipsVerdictCache: boolean;
}

type Request = FastifyRequest & { user?: AccessClaims | Principal };

@Injectable()
export class AccessTokenGuard extends AuthGuard() {
  private readonly marks = new WeakMap<object, Marks>();

  constructor(
    private readonly reflector: Reflector,
    private readonly presented: PresentedToken,
    private readonly verification: TokenVerification,
    private readonly possession: TokenPossession,
    private readonly revocations: Revocations,
    strategy: JwtStrategy,
  ) {
    super({ defaultStrategy: strategy.registeredAs });
  }

  /** @throws Refusal when the token is not ours, expired or dead, or bound to a key that proves nothing */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const { isPublic, skipsVerdictCache } = this.marksOf(context);
    const request = requestOf(context) as Request;
    if (isPublic || isLetIn(request)) return true;
    const token = this.presented.of(request);
    const known = token && (await this.verification.recall(token.text));
    const claims = known ?? (await this.verifyByPassport(context, request));
    this.verification.assertCurrent(claims);
    if (claims.cnf || token?.isDpop) await this.possession.assert(request, claims);
    refuseDead(await this.revocations.verdictFor(claims, skipsVerdictCache));
    request.user = principalOf(claims);
    return true;
  }

  private async verifyByPassport(context: ExecutionContext, request: Request): Promise<AccessClaims> {
    try {
      await super.canActivate(context);
      return request.user as AccessClaims; // what JwtStrategy.validate returned
    } catch (error) {
      throw this.isRefreshable(error, request) ? new Refusal('token_expired', { cause: error }) : error;
    }
  }

  /** The browser has a session, and its access cookie is gone (expired) or worthless (planted): a refresh mends both. */
  private isRefreshable(error: unknown, request: Request): boolean {
    if (!(error instanceof Refusal) || error.code !== 'unauthenticated') return false;
    return this.presented.isOfBrowser(request);
  }

  override handleRequest<T>(error: unknown, claims: T | false, info: unknown): T {
    if (error) throw error;
    // passport reports an unavailable key as a failed login, with the reason in `info`.
    if (info instanceof Refusal || isDatabaseUnavailable(info)) throw info;
    if (!claims) throw new Refusal('unauthenticated', { cause: info });
    return claims;
  }

  /** Decorators do not change, so they are read once per route. */
  private marksOf(context: ExecutionContext): Marks {
    const handler = context.getHandler();
    const known = this.marks.get(handler);
    if (known) return known;
    const has = (mark: symbol) =>
      this.reflector.getAllAndOverride<true | undefined>(mark, [handler, context.getClass()]) ?? false;
    const marks = { isPublic: has(IS_PUBLIC), skipsVerdictCache: has(SKIPS_VERDICT_CACHE) };
    this.marks.set(handler, marks);
    return marks;
  }
}

const principalOf = (claims: AccessClaims): Principal => ({
  userId: claims.sub,
  sessionId: claims.sid,
  tokenId: claims.jti,
  role: claims.role,
  tokenVersion: claims.tokenVersion,
  authenticatedAt: new Date(claims.auth_time * 1000),
  methods: claims.amr,
  acr: claims.acr ?? acrOf(claims.amr),
});
