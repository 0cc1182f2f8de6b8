// Which access token does a request present? The cookie's, else the bearer's; both at once is refused (RFC 6750 §2).
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Refusal } from '../errors.js';
import { Cookies } from '../http/cookies.js';
import type { Transport } from '../database/vocabularies.js';

const PLAIN = 'Bearer ';

@Injectable()
export class PresentedToken {
  constructor(private readonly cookies: Cookies) {}

  /** @throws Refusal `ambiguous_token` */
  of(request: FastifyRequest): { text: string; transport: Transport } | undefined {
    const cookie = this.cookies.read(request, 'access');
    const bearer = bearerOf(request.headers.authorization ?? '');
    if (cookie !== undefined && bearer !== undefined) throw new Refusal('ambiguous_token');
    if (cookie !== undefined) return { text: cookie, transport: 'cookie' };
    return bearer === undefined ? undefined : { text: bearer, transport: 'bearer' };
  }
}

/** As it is nearly always written it is cut off; the pattern would walk through each character of it. */
function bearerOf(header: string): string | undefined {
  const plain = header.startsWith(PLAIN) ? header.slice(PLAIN.length) : '';
  return plain !== '' && !/\s/.test(plain) ? plain : /^Bearer +(\S+) *$/i.exec(header)?.[1];
}
