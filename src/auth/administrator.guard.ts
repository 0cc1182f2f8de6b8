// Lets administrators alone reach the routes that are for them. It runs after the guard of the access token.
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Refusal } from '../errors.js';
import { FOR_ADMINISTRATORS } from '../http/for-administrators.decorator.js';
import type { Principal } from '../http/principal.js';
import { requestOf } from '../http/request-of.js';
import { Users } from '../users/users.js';

@Injectable()
export class AdministratorGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly users: Users,
  ) {}

  /** @throws Refusal `forbidden` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<true | undefined>(FOR_ADMINISTRATORS, places) !== true) return true;
    const { user } = requestOf(context) as FastifyRequest & { user?: Principal };
    if (!user || !(await this.isAdministrator(user))) throw new Refusal('forbidden');
    return true;
  }

  /** The row decides, too: a role that somebody took by hand, in the database, moves no version of tokens. */
  private async isAdministrator({ userId, role }: Principal): Promise<boolean> {
    if (role !== 'admin') return false;
    const user = await this.users.findById(userId);
    return user?.role === 'admin' && user.disabledAt === null;
  }
}
