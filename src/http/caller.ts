// Describes who sent a request, for session rows, audit events and log lines.
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { requestOf } from './request-of.js';
import { plainAddress } from './trusted-proxies.js';

export interface Caller {
  /** The client's address according to TRUST_PROXY; null if it is not an address. */
  readonly ip: string | null;
  /** At most 256 printable characters; null if the header is missing. */
  readonly userAgent: string | null;
  readonly requestId: string;
  /** What the caller sent as X-Request-Id, for the log; absent where it is no plain identifier. */
  readonly callerRequestId?: string;
}

export const From = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  return callerOf(requestOf(context));
});

/** Holds no space, quote or `@`: it can forge no line of a log, and is no address of a person. */
const PLAIN_ID = /^[\w.:=+/-]{1,128}$/;

export function callerOf(request: FastifyRequest): Caller {
  const theirs = request.headers['x-request-id'];
  return {
    ip: plainAddress(request.ip),
    userAgent: printable(request.headers['user-agent']),
    requestId: request.id,
    ...(typeof theirs === 'string' && PLAIN_ID.test(theirs) ? { callerRequestId: theirs } : {}),
  };
}

/** Replaces control characters, which could forge log lines (ASVS 16.4.1). */
function printable(header: string | undefined): string | null {
  const text = header?.slice(0, 1024);
  return (
    (text && asUtf8(text))
      ?.replace(/[\p{C}]+/gu, ' ')
      .trim()
      .slice(0, 256) || null
  );
}

/** Node decodes headers as Latin-1 (RFC 9110 §5.5). Bytes that are valid UTF-8 are decoded again as UTF-8. */
function asUtf8(header: string): string {
  const text = Buffer.from(header, 'latin1').toString('utf8');
  // The slice may have cut the last character in two; only that one may be invalid.
  return text.replace(/\uFFFD$/, '').includes('\uFFFD') ? header : text;
}
