// Extracts the access token of a request, from a cookie or as a bearer. Both at once are refused (RFC 6750 §2).
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Transport } from '../database/vocabularies.js';
import { Refusal } from '../errors.js';
import { BrowserSession } from './browser-session.js';

interface Presented {
  readonly text: string;
  readonly transport: Transport;
}

const PLAIN = 'Bearer ';

@Injectable()
export class PresentedToken {
  /** The guard, passport and the controller each need the token: it is extracted once. */
  private readonly extracted = new WeakMap<object, Presented | undefined>();

  constructor(private readonly browserSession: BrowserSession) {}

  /** @throws Refusal `ambiguous_token` */
  of(request: FastifyRequest): Presented | undefined {
    if (!this.extracted.has(request)) this.extracted.set(request, this.extract(request));
    return this.extracted.get(request);
  }

  private extract(request: FastifyRequest): Presented | undefined {
    const bearer = bearerOf(request.headers.authorization ?? '');
    const cookie = this.browserSession.accessToken(request); // a planted one must not stop a page with a bearer token
    if (cookie === undefined) return bearer === undefined ? undefined : { text: bearer, transport: 'bearer' };
    if (bearer !== undefined) throw new Refusal('ambiguous_token');
    return { text: cookie, transport: 'cookie' };
  }
}

/** The common spelling avoids the slower pattern, which visits each character of the token. */
function bearerOf(header: string): string | undefined {
  const plain = header.startsWith(PLAIN) ? header.slice(PLAIN.length) : '';
  return plain !== '' && !plain.includes(' ') && !plain.includes('\t') ? plain : /^Bearer +(\S+) *$/i.exec(header)?.[1];
}
