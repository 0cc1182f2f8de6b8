// Which access token a request presents: the cookie's, else the bearer's; both at once are refused (RFC 6750 §2).
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Transport } from '../database/vocabularies.js';
import { Refusal } from '../errors.js';
import { Cookies } from './cookies.js';

interface Presented {
  readonly text: string;
  readonly transport: Transport;
}

const PLAIN = 'Bearer ';

@Injectable()
export class PresentedToken {
  /** The guard, passport and the controller ask in turn: the token is extracted once. */
  private readonly extracted = new WeakMap<object, Presented | undefined>();

  constructor(private readonly cookies: Cookies) {}

  /** @throws Refusal `ambiguous_token` */
  of(request: FastifyRequest): Presented | undefined {
    if (!this.extracted.has(request)) this.extracted.set(request, this.extract(request));
    return this.extracted.get(request);
  }

  private extract(request: FastifyRequest): Presented | undefined {
    const cookie = this.cookies.read(request, 'access');
    const bearer = bearerOf(request.headers.authorization ?? '');
    if (cookie !== undefined && bearer !== undefined) throw new Refusal('ambiguous_token');
    if (cookie !== undefined) return { text: cookie, transport: 'cookie' };
    return bearer === undefined ? undefined : { text: bearer, transport: 'bearer' };
  }
}

/** The usual spelling is cut off; the pattern would walk through each character of the token. */
function bearerOf(header: string): string | undefined {
  const plain = header.startsWith(PLAIN) ? header.slice(PLAIN.length) : '';
  return plain !== '' && !/\s/.test(plain) ? plain : /^Bearer +(\S+) *$/i.exec(header)?.[1];
}
