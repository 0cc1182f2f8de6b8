// Marks on routes that hooks can read before Nest runs. Fastify keeps them in `request.routeOptions.config`.
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

const MARKS = Symbol('route marks');

/** Merges with the route's other marks; `RouteConfig` alone would replace them. */
export function routeMark(config: Readonly<Record<string, unknown>>): MethodDecorator {
  return (target, name, descriptor) => {
    const handler = descriptor.value as object;
    const merged = { ...(Reflect.getMetadata(MARKS, handler) as object | undefined), ...config };
    Reflect.defineMetadata(MARKS, merged, handler);
    RouteConfig(merged)(target, name, descriptor);
  };
}

/** @returns whether the handler of a route has the mark */
export const isMarked = (handler: object, name: string): boolean =>
  (Reflect.getMetadata(MARKS, handler) as Readonly<Record<string, unknown>> | undefined)?.[name] === true;

/** @returns whether the request's route has the mark */
export const hasMark = (request: FastifyRequest, name: string): boolean =>
  (request.routeOptions.config as unknown as Record<string, unknown>)[name] === true;
