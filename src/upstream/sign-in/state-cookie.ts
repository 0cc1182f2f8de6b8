// The cookies of a browser that is at a provider: one for each request, so that two tabs do not disturb each other. Each
// holds the state of its request, which thereby is good in this browser only.
import { Injectable } from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import type { FastifyReply } from 'fastify';
import { Config } from '../../config/config.js';
import { cookieValues } from '../../http/cookie-header.js';
import { cookieNames } from '../../http/cookies.js';
import type { Exchange } from '../../http/exchange.js';
import { REQUEST_SECONDS } from './upstream-requests.js';
import type { UpstreamSecrets } from './upstream-secrets.js';

/** Browsers keep fifty cookies or more for a host, and ours must not push others out. */
const MAX_COOKIES = 10;
const NAME_CHARACTERS = 8;

type Secrets = Pick<UpstreamSecrets, 'state' | 'hash'>;

@Injectable()
export class StateCookie {
  private readonly prefix: string;

  constructor(private readonly config: Config) {
    this.prefix = cookieNames(config).upstream;
  }

  /** Browsers send the oldest first (RFC 6265 §5.4): those beyond the number go. */
  write({ request, reply }: Exchange, secrets: Secrets): void {
    const names = (request.headers.cookie ?? '')
      .split(';')
      .map((pair) => pair.trim().split('=', 1)[0] ?? '')
      .filter((name) => name.startsWith(this.prefix) && name.length === this.prefix.length + NAME_CHARACTERS);
    for (const name of names.slice(0, Math.max(0, names.length + 1 - MAX_COOKIES))) this.expire(reply, name);
    this.set(reply, this.nameOf(secrets), secrets.state, { maxAge: REQUEST_SECONDS });
  }

  isOfBrowser({ request }: Exchange, secrets: Secrets): boolean {
    return cookieValues(request.headers.cookie, this.nameOf(secrets)).includes(secrets.state);
  }

  clear({ reply }: Exchange, secrets: Secrets): void {
    this.expire(reply, this.nameOf(secrets));
  }

  private nameOf({ hash }: Secrets): string {
    return this.prefix + hash.toString('base64url').slice(0, NAME_CHARACTERS);
  }

  private expire(reply: FastifyReply, name: string): void {
    this.set(reply, name, '', { maxAge: 0, expires: new Date(0) });
  }

  private set(
    reply: FastifyReply,
    name: string,
    value: string,
    life: { readonly maxAge: number; readonly expires?: Date },
  ): void {
    // Lax: the provider's redirect is a navigation from another site.
    const where = { httpOnly: true, sameSite: 'lax', secure: this.config.hasSecureCookies, path: '/' } as const;
    reply.header('set-cookie', stringifySetCookie(name, value, { ...where, ...life }));
  }
}
