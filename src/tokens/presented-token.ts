// Extracts the access token of a request, from a cookie or as a bearer. Both at once are refused (RFC 6750 §2).
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Transport } from '../database/vocabularies.js';
import { Refusal } from '../errors.js';
import { Cookies } from '../http/cookies.js';
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

  constructor(
    private readonly cookies: Cookies,
    private readonly browserSession: BrowserSession,
  ) {}

  /** @throws Refusal `ambiguous_token` */
  of(request: FastifyRequest): Presented | undefined {
    if (!this.extracted.has(request)) this.extracted.set(request, this.extract(request));
    return this.extracted.get(request);
  }

  private extract(request: FastifyRequest): Presented | undefined {
    const bearer = bearerOf(request.headers.authorization ?? '');
    if (this.cookies.values(request, 'access').length === 0)
      return bearer === undefined ? undefined : { text: bearer, transport: 'bearer' };
    if (bearer !== undefined) throw new Refusal('ambiguous_token');
    const text = this.browserSession.accessToken(request);
    return text === undefined ? undefined : { text, transport: 'cookie' };
  }
}

/** The common spelling avoids the slower pattern, which visits each character of the token. */
function bearerOf(header: string): string | undefined {
  const plain = header.startsWith(PLAIN) ? header.slice(PLAIN.length) : '';
  return plain !== '' && !/\s/.test(plain) ? plain : /^Bearer +(\S+) *$/i.exec(header)?.[1];
}
