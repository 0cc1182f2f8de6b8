// Marks a route for services, and gives it the service that calls.
import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { OAuthEndpoint } from '../http/oauth-endpoint.decorator.js';
import { Public } from '../http/public.decorator.js';
import { requestOf } from '../http/request-of.js';
import type { ServicePrincipal } from './service-authentication.js';
import { ServiceGuard } from './service.guard.js';
import { NEEDS_SCOPE } from './needs-scope.js';
import type { OwnScope } from './service-rights.js';

/** Closed to everybody but services with a secret and, where one is named, with the scope. */
export const ForServices = (scope?: OwnScope) =>
  applyDecorators(Public(), OAuthEndpoint(), SetMetadata(NEEDS_SCOPE, scope), UseGuards(ServiceGuard));

export const CallingService = createParamDecorator((_: unknown, context: ExecutionContext): ServicePrincipal => {
  return (requestOf(context) as FastifyRequest & { service: ServicePrincipal }).service;
});
