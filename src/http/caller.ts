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
function printable(header: string | undefined): string | null {
  const text = header?.slice(0, 1024);
  return (
    (text && asUtf8(text))
      ?.replace(/[\p{C}]+/gu, ' ')
      .trim()
      .slice(0, 256) || null
  );
}

/** Node reads each byte of a header as a character (RFC 9110 §5.5). Bytes that are UTF-8 are read as such. */
function asUtf8(header: string): string {
  const text = Buffer.from(header, 'latin1').toString('utf8');
  // A character that the slice has cut in two is lost, others are not.
  return text.replace(/\uFFFD$/, '').includes('\uFFFD') ? header : text;
}
