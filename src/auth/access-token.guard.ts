// May this request reach its route? Closed unless the route is @Public().
import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { isDatabaseUnavailable } from '../database/database.js';
import { Refusal } from '../errors.js';
import { IS_PUBLIC } from '../http/public.decorator.js';
import { JwtStrategy } from './jwt.strategy.js';

@Injectable()
export class AccessTokenGuard extends AuthGuard() {
  constructor(
    private readonly reflector: Reflector,
    strategy: JwtStrategy,
  ) {
    super({ defaultStrategy: strategy.registeredAs });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const isPublic = this.reflector.getAllAndOverride<true | undefined>(IS_PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    return isPublic ?? ((await super.canActivate(context)) as boolean);
  }

  override handleRequest<T>(error: unknown, principal: T | false, info: unknown): T {
    if (error) throw error;
    // passport takes a key that cannot be had for a failed login; the reason says more.
    if (info instanceof Refusal || isDatabaseUnavailable(info)) throw info;
    if (!principal) throw new Refusal('unauthenticated', { cause: info });
    return principal;
  }
}
