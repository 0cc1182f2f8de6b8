// Refuses a body or query parameter that the route would ignore: its sender expects it to have an effect.
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { Refusal } from '../errors.js';
import { unknownName } from './invalid-request.js';
import { IS_PUBLIC } from './public.decorator.js';
import { requestOf } from './request-of.js';

interface Takes {
  readonly body: boolean;
  /** Public GET routes (the key set, metadata, health) ignore queries: a query cannot change their answer. */
  readonly anyQuery: boolean;
}

@Injectable()
export class UnknownInputGuard implements CanActivate {
  private readonly known = new WeakMap<object, Takes>();

  /** @throws Refusal `invalid_request` for a body or a query on a route that has no schema for it */
  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    const takes = this.takes(context, request.method);
    if (!takes.body && hasBody(request)) throw refusal('This route takes no body.');
    if (takes.anyQuery || !request.url.includes('?')) return true;
    const [name] = Object.keys(request.query as object);
    if (name !== undefined) throw refusal(unknownName('query parameter', name));
    return true;
  }

  private takes(context: ExecutionContext, method: string): Takes {
    const handler = context.getHandler();
    const known = this.known.get(handler);
    if (known) return known;
    const read = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), handler.name) as object | undefined;
    const kinds = new Set(Object.keys(read ?? {}).map((key) => Number(key.split(':', 1)[0])));
    const isOpen = [handler, context.getClass()].some((target) => Reflect.getMetadata(IS_PUBLIC, target) === true);
    const takes = {
      body: kinds.has(RouteParamtypes.BODY),
      anyQuery: kinds.has(RouteParamtypes.QUERY) || (isOpen && (method === 'GET' || method === 'HEAD')),
    };
    this.known.set(handler, takes);
    return takes;
  }
}

/** Many clients always send `{}`, so it counts as no body. The body of a GET is never read: its headers show it. */
function hasBody({ method, headers, body }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD')
    return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  return typeof body === 'object' && body !== null && Object.keys(body).length > 0;
}

const refusal = (message: string) => new Refusal('invalid_request', { errors: [{ path: '', message }] });
