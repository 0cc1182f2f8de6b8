// May this request reach its route? Closed unless the route is @Public().
import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { isDatabaseUnavailable } from '../database/database.js';
import { Refusal } from '../errors.js';
import { SKIPS_VERDICT_CACHE } from '../http/skip-verdict-cache.decorator.js';
import type { Principal } from '../http/principal.js';
import { IS_PUBLIC } from '../http/public.decorator.js';
import { JwtStrategy } from './jwt.strategy.js';

interface Marks {
  readonly isPublic: boolean;
  readonly skipsVerdictCache: boolean;
}

@Injectable()
export class AccessTokenGuard extends AuthGuard() {
  private readonly marks = new WeakMap<object, Marks>();

  constructor(
    private readonly reflector: Reflector,
    private readonly strategy: JwtStrategy,
  ) {
    super({ defaultStrategy: strategy.registeredAs });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const marks = this.marksOf(context);
    if (marks.isPublic) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & { user?: Principal }>();
    if (marks.skipsVerdictCache) this.strategy.judgeFreshly(request);
    const recognised = this.strategy.recognise(request);
    if (!recognised) return (await super.canActivate(context)) as boolean;
    request.user = await recognised;
    return true;
  }

  override handleRequest<T>(error: unknown, principal: T | false, info: unknown): T {
    if (error) throw error;
    // passport takes a key that cannot be had for a failed login; the reason says more.
    if (info instanceof Refusal || isDatabaseUnavailable(info)) throw info;
    if (!principal) throw new Refusal('unauthenticated', { cause: info });
    return principal;
  }

  /** Decorators do not change: they are looked up once for each route. */
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
