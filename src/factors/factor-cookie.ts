// The cookie of a browser's ticket: it goes to the routes of the second factor only.
import { Injectable } from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { cookieValues } from '../http/cookie-header.js';
import { cookieNames } from '../http/cookies.js';
import { parseTicket } from './factor-ticket.js';

const PATH = '/auth/factor';

@Injectable()
export class FactorCookie {
  private readonly name: string;

  constructor(private readonly config: Config) {
    this.name = cookieNames(config).factor;
  }

  /** @returns the first that is a ticket at all: a sibling may have planted another cookie of the name */
  of({ headers }: FastifyRequest): string | undefined {
    return cookieValues(headers.cookie, this.name).find((text) => parseTicket(text) !== undefined);
  }

  write(reply: FastifyReply, ticket: string, maxAgeSeconds: number): void {
    this.set(reply, ticket, { maxAge: maxAgeSeconds });
  }

  clear(reply: FastifyReply): void {
    this.set(reply, '', { maxAge: 0, expires: new Date(0) });
  }

  private set(reply: FastifyReply, value: string, life: { readonly maxAge: number; readonly expires?: Date }): void {
    const where = { httpOnly: true, sameSite: 'lax', secure: this.config.hasSecureCookies, path: PATH } as const;
    reply.header('set-cookie', stringifySetCookie(this.name, value, { ...where, ...life }));
  }
}
