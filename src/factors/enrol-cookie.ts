// The cookie of a browser's ticket to enrol a factor. Every sign-in sees it, and takes an old one away. No sibling can
// plant one, so that somebody would enrol their factor for another account (RFC 6265bis §4.1.3, `__Host-`).
import { Injectable } from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { cookieValues } from '../http/cookie-header.js';
import { cookieNames } from '../http/cookies.js';
import type { Exchange } from '../http/exchange.js';
import { parseTicket } from './factor-ticket.js';

const PATH = '/';

@Injectable()
export class EnrolCookie {
  private readonly name: string;

  constructor(private readonly config: Config) {
    this.name = cookieNames(config).enrol;
  }

  /** @returns the first that is a ticket at all */
  of({ headers }: FastifyRequest): string | undefined {
    return this.valuesOf(headers.cookie).find((text) => parseTicket(text) !== undefined);
  }

  write(reply: FastifyReply, ticket: string, maxAgeSeconds: number): void {
    this.set(reply, ticket, { maxAge: maxAgeSeconds });
  }

  /** Whoever signs in next on this browser must not enrol their factor for somebody else. */
  clearOld({ request, reply }: Exchange): void {
    if (this.valuesOf(request.headers.cookie).length > 0) this.set(reply, '', { maxAge: 0, expires: new Date(0) });
  }

  private valuesOf(header: string | undefined): string[] {
    return cookieValues(header, this.name);
  }

  private set(reply: FastifyReply, value: string, life: { readonly maxAge: number; readonly expires?: Date }): void {
    const where = { httpOnly: true, sameSite: 'lax', secure: this.config.hasSecureCookies, path: PATH } as const;
    reply.header('set-cookie', stringifySetCookie(this.name, value, { ...where, ...life }));
  }
}
