// Extracts the access token of a request, from a cookie or from the header. Both at once are refused (RFC 6750 §2).
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Transport } from '../database/schema/vocabularies.js';
import { Refusal } from '../errors.js';
import { BrowserSession } from './browser-session.js';

interface Presented {
  readonly text: string;
  readonly transport: Transport;
  /** Came under the scheme DPoP (RFC 9449 §7.1). */
  readonly isDpop: boolean;
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

  /** A browser with a session of ours, which sent no other token. @throws Refusal `ambiguous_token` */
  isOfBrowser(request: FastifyRequest): boolean {
    return this.of(request)?.transport !== 'bearer' && this.browserSession.of(request) !== undefined;
  }

  private extract(request: FastifyRequest): Presented | undefined {
    const given = givenIn(request.headers.authorization ?? '');
    const cookie = this.browserSession.accessToken(request); // a planted one must not stop a page with a bearer token
    if (cookie === undefined) return given;
    if (given !== undefined) throw new Refusal('ambiguous_token');
    return { text: cookie, transport: 'cookie', isDpop: false };
  }
}

/** The common spelling avoids the slower pattern, which visits each character of the token. */
function givenIn(header: string): Presented | undefined {
  const plain = header.startsWith(PLAIN) ? header.slice(PLAIN.length) : '';
  if (plain !== '' && !plain.includes(' ') && !plain.includes('\t'))
    return { text: plain, transport: 'bearer', isDpop: false };
  const [, scheme = '', text] = /^(Bearer|DPoP) +(\S+) *$/i.exec(header) ?? [];
  return text === undefined ? undefined : { text, transport: 'bearer', isDpop: scheme.toLowerCase() === 'dpop' };
}
