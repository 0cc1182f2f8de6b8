// Reads the routes of controllers from their decorators.
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type * as z from 'zod';
import { DOCUMENTED, type Documentation } from '../http/documented.decorator.js';
import { FOR_ADMINISTRATORS } from '../http/for-administrators.decorator.js';
import { IS_PUBLIC } from '../http/public.decorator.js';
import { NEEDS_RECENT_PROOF } from '../http/recent-proof.decorator.js';
import { isMarked } from '../http/route-mark.js';
import { NEEDS_SCOPE } from '../siblings/needs-scope.js';

export type Controller = abstract new (...args: never[]) => object;

export interface Route {
  readonly method: string;
  /** As OpenAPI writes it: `/auth/sessions/{id}`. */
  readonly path: string;
  readonly documentation: Documentation;
  readonly isPublic: boolean;
  readonly costsHash: boolean;
  /** Reads the header `DPoP`. Not what a browser is sent to: it sends none. */
  readonly takesKeyProof: boolean;
  /** As far as it may be one over the bearer transport. */
  readonly startsSession: boolean;
  readonly needsRecentProof: boolean;
  readonly isForAdministrators: boolean;
  /** Takes forms, and refuses in OAuth's words. */
  readonly isOAuth: boolean;
  /** Closed to everybody but services with a secret. */
  readonly isForServices: boolean;
  readonly body: z.ZodType | undefined;
  readonly query: z.ZodObject | undefined;
}

/** @throws if a route lacks `@Documented()` */
export const routesOf = (controllers: readonly Controller[]): Route[] => controllers.flatMap(ofController);

function ofController(controller: Controller): Route[] {
  const prototype = controller.prototype as Record<string, unknown>;
  const handlers = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  return handlers.flatMap((name) => {
    const handler = Object.getOwnPropertyDescriptor(prototype, name)?.value as object | undefined;
    if (handler === undefined || !Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
    return [ofHandler(controller, name, handler)];
  });
}

function ofHandler(controller: Controller, name: string, handler: object): Route {
  const own = (key: string | symbol): unknown => Reflect.getMetadata(key, handler);
  const any = (key: symbol) => [handler, controller].some((target) => Reflect.getMetadata(key, target) === true);
  const documentation = own(DOCUMENTED) as Documentation | undefined;
  if (!documentation) {
    const what = 'its answers, refusals and cookies (src/http/documented.decorator.ts)';
    throw new Error(`${controller.name}.${name} needs @Documented(): ${what}.`);
  }
  const parts = [
    Reflect.getMetadata(PATH_METADATA, controller) as string,
    (own(PATH_METADATA) as string | undefined) ?? '',
  ];
  return {
    method: RequestMethod[own(METHOD_METADATA) as RequestMethod],
    path: pathOf(parts, documentation),
    documentation,
    isPublic: any(IS_PUBLIC),
    costsHash: isMarked(handler, 'costsHash'),
    takesKeyProof: isMarked(handler, 'takesKeyProof') && own(METHOD_METADATA) !== RequestMethod.GET,
    startsSession: isMarked(handler, 'startsSession') && own(METHOD_METADATA) !== RequestMethod.GET,
    needsRecentProof: [handler, controller].some((target) => Reflect.hasMetadata(NEEDS_RECENT_PROOF, target)),
    isForAdministrators: any(FOR_ADMINISTRATORS),
    isOAuth: isMarked(handler, 'oauthEndpoint'),
    isForServices: Reflect.hasMetadata(NEEDS_SCOPE, handler),
    body: schemaOf(controller, name, RouteParamtypes.BODY),
    query: schemaOf(controller, name, RouteParamtypes.QUERY) as z.ZodObject | undefined,
  };
}

function pathOf(parts: readonly string[], { path = {} }: Documentation): string {
  const segments = parts.flatMap((part) => part.split('/')).filter((segment) => segment !== '');
  const [wildcard = 'rest'] = Object.keys(path);
  return `/${segments.map((segment) => (segment === '*' ? `{${wildcard}}` : segment.replace(/^:(.*)/, '{$1}'))).join('/')}`;
}

/** What `@Body({ schema })` or `@Query({ schema })` validates with. */
function schemaOf(controller: Controller, name: string, kind: RouteParamtypes): z.ZodType | undefined {
  const read = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Record<
    string,
    { schema?: unknown }
  >;
  const [, found] = Object.entries(read).find(([key]) => key.startsWith(`${kind}:`)) ?? [];
  return found?.schema as z.ZodType | undefined;
}
