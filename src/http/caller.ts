// From where does a request come? A value that is handed on to whatever records it.
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { plainAddress } from './trusted-proxies.js';

export interface Caller {
  /** The address as TRUST_PROXY lets us know it; null where it is no address. */
  readonly ip: string | null;
  /** At most 256 printable characters; null where there was none. */
  readonly userAgent: string | null;
  readonly requestId: string;
}

export const From = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  return callerOf(context.switchToHttp().getRequest<FastifyRequest>());
});

export function callerOf(request: FastifyRequest): Caller {
  return {
    ip: plainAddress(request.ip),
    userAgent: printable(request.headers['user-agent']),
    requestId: request.id,
  };
}

/** Control characters have no place in a log line or a session list (ASVS 16.4.1). */
function printable(text: string | undefined): string | null {
  return (
    text
      ?.slice(0, 1024)
      .replace(/[\p{C}]+/gu, ' ')
      .trim()
      .slice(0, 256) || null
  );
}
