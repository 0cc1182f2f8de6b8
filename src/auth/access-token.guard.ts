// May this request reach its route? Closed unless the route is @Public().
import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { isDatabaseUnavailable } from '../database/database.js';
import { Refusal } from '../errors.js';
import { IS_FRESH } from '../http/fresh.decorator.js';
import { IS_PUBLIC } from '../http/public.decorator.js';
import { JwtStrategy } from './jwt.strategy.js';

@Injectable()
export class AccessTokenGuard extends AuthGuard() {
  constructor(
    private readonly reflector: Reflector,
    private readonly strategy: JwtStrategy,
  ) {
    super({ defaultStrategy: strategy.registeredAs });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.isMarked(IS_PUBLIC, context)) return true;
    if (this.isMarked(IS_FRESH, context)) this.strategy.judgeFreshly(context.switchToHttp().getRequest<object>());
    return (await super.canActivate(context)) as boolean;
  }

  override handleRequest<T>(error: unknown, principal: T | false, info: unknown): T {
    if (error) throw error;
    // passport takes a key that cannot be had for a failed login; the reason says more.
    if (info instanceof Refusal || isDatabaseUnavailable(info)) throw info;
    if (!principal) throw new Refusal('unauthenticated', { cause: info });
    return principal;
  }

  private isMarked(mark: symbol, context: ExecutionContext): boolean {
    return (
      this.reflector.getAllAndOverride<true | undefined>(mark, [context.getHandler(), context.getClass()]) ?? false
    );
  }
}
