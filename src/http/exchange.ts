// One HTTP exchange, as controllers pass it on: the caller, the request, and the reply that may receive cookies.
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Caller, callerOf } from './caller.js';

export interface Exchange {
  readonly caller: Caller;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** As much of an exchange as says who asks, from which device, and in which language. */
export interface Asking {
  readonly caller: Caller;
  readonly request: {
    readonly headers: { readonly cookie?: string | undefined; readonly 'accept-language'?: string | undefined };
  };
}

/** Unlike with `@Res()`, Nest still sends the return value of the handler. */
export const On = createParamDecorator((_: unknown, context: ExecutionContext): Exchange => {
  const http = context.switchToHttp();
  const request = http.getRequest<FastifyRequest>();
  return { caller: callerOf(request), request, reply: http.getResponse<FastifyReply>() };
});
