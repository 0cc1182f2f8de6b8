// A cookie that holds the ticket of a sign-in that waits.
import { stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { cookieValues } from '../http/cookie-header.js';
import { cookieNames } from '../http/cookies.js';
import { parseTicket } from './factor-ticket.js';

export abstract class TicketCookie {
  private readonly name: string;

  protected constructor(
    private readonly config: Config,
    kind: 'factor' | 'enrol',
    private readonly path: string,
  ) {
    this.name = cookieNames(config)[kind];
  }

  /** @returns the first that is a ticket at all: a sibling may have planted another cookie of the name */
  of(request: FastifyRequest): string | undefined {
    return this.valuesOf(request).find((text) => parseTicket(text) !== undefined);
  }

  write(reply: FastifyReply, ticket: string, maxAgeSeconds: number): void {
    this.set(reply, ticket, { maxAge: maxAgeSeconds });
  }

  clear(reply: FastifyReply): void {
    this.set(reply, '', { maxAge: 0, expires: new Date(0) });
  }

  protected valuesOf({ headers }: FastifyRequest): string[] {
    return cookieValues(headers.cookie, this.name);
  }

  private set(reply: FastifyReply, value: string, life: { readonly maxAge: number; readonly expires?: Date }): void {
    const where = { httpOnly: true, sameSite: 'lax', secure: this.config.hasSecureCookies, path: this.path } as const;
    reply.header('set-cookie', stringifySetCookie(this.name, value, { ...where, ...life }));
  }
}
