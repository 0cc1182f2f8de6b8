// Lets a service reach its route: once it has shown its secret, within its limit, with the scope that the route needs.
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Refusal } from '../errors.js';
import { callerOf } from '../http/caller.js';
import type { Form } from '../http/form.js';
import { requestOf } from '../http/request-of.js';
import { Metrics } from '../telemetry/metrics.js';
import { credentialsOf } from './client-credentials.js';
import { NEEDS_SCOPE } from './needs-scope.js';
import { ServiceAuthentication, type ServicePrincipal } from './service-authentication.js';
import { ServiceLimits } from './service-limits.js';
import type { OwnScope } from './service-rights.js';

type Request = FastifyRequest & { service?: ServicePrincipal };

@Injectable()
export class ServiceGuard implements CanActivate {
  private readonly calls;

  constructor(
    private readonly authentication: ServiceAuthentication,
    private readonly limits: ServiceLimits,
    private readonly reflector: Reflector,
    metrics: Metrics,
  ) {
    const help = 'Calls of services, by route and by which of two secrets was shown';
    this.calls = metrics.counter('watchword_service_calls_total', help, 'service', 'route', 'secret');
  }

  /** @throws Refusal `invalid_client`, `invalid_request`, `too_many_attempts`, `insufficient_scope` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context) as Request;
    const credentials = credentialsOf(request.headers.authorization, (request.body ?? {}) as Form);
    const service = await this.authentication.of(credentials, callerOf(request));
    const { id, name, secret, scopes } = service;
    this.calls.inc({ service: name, route: request.routeOptions.url ?? '', secret });
    await this.limits.takeCall(id);
    const needed = this.reflector.get<OwnScope | undefined>(NEEDS_SCOPE, context.getHandler());
    if (needed !== undefined && !scopes.includes(needed)) throw new Refusal('insufficient_scope');
    request.service = service;
    return true;
  }
}
