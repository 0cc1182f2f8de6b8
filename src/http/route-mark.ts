// Marks that are read before Nest runs: they live in Fastify's config of the route (`request.routeOptions.config`).
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

const MARKS = Symbol('route marks');

/** Adds to a route's config; `RouteConfig` alone would replace what another mark has put there. */
export function routeMark(config: Readonly<Record<string, unknown>>): MethodDecorator {
  return (target, name, descriptor) => {
    const handler = descriptor.value as object;
    const merged = { ...(Reflect.getMetadata(MARKS, handler) as object | undefined), ...config };
    Reflect.defineMetadata(MARKS, merged, handler);
    RouteConfig(merged)(target, name, descriptor);
  };
}

/** @returns whether the route that the request has matched carries the mark */
export const hasMark = (request: FastifyRequest, name: string): boolean =>
  (request.routeOptions.config as unknown as Record<string, unknown>)[name] === true;
