// What are our cookies called, how are they written, and which of them does a request carry?
import { Injectable } from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';

type CookieKind = 'access' | 'refresh';

@Injectable()
export class Cookies {
  private readonly names: Readonly<Record<CookieKind, string>>;

  constructor(private readonly config: Config) {
    // RFC 6265bis §4.1.3: __Host- demands Path=/ and no Domain, so the refresh cookie with its narrow path is __Secure-.
    const accessPrefix = config.COOKIE_DOMAIN ? '__Secure-' : '__Host-';
    this.names = config.hasSecureCookies
      ? { access: `${accessPrefix}access_token`, refresh: '__Secure-refresh_token' }
      : { access: 'access_token', refresh: 'refresh_token' };
  }

  /** @throws Refusal `ambiguous_token` when the cookie is there twice: one of them was planted. */
  read(request: FastifyRequest, kind: CookieKind): string | undefined {
    const name = this.names[kind];
    if (occurrences(request, name) > 1) throw new Refusal('ambiguous_token');
    // cookie-parser leaves its result on the raw request; it turns `j:` values into objects, which are none of ours.
    const value = (request.raw as { cookies?: Record<string, unknown> }).cookies?.[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  carriesAny(request: FastifyRequest): boolean {
    return occurrences(request, this.names.access) + occurrences(request, this.names.refresh) > 0;
  }

  write(reply: FastifyReply, kind: CookieKind, value: string, maxAgeSeconds: number): void {
    reply.header('set-cookie', this.line(kind, value, maxAgeSeconds));
  }

  clear(reply: FastifyReply): void {
    this.write(reply, 'access', '', 0);
    this.write(reply, 'refresh', '', 0);
  }

  private line(kind: CookieKind, value: string, maxAge: number): string {
    return stringifySetCookie(this.names[kind], value, {
      httpOnly: true,
      sameSite: 'lax',
      secure: this.config.hasSecureCookies,
      path: kind === 'access' ? '/' : '/auth/refresh',
      maxAge,
      ...(this.config.COOKIE_DOMAIN ? { domain: this.config.COOKIE_DOMAIN } : {}),
    });
  }
}

function occurrences(request: FastifyRequest, name: string): number {
  const header = request.headers.cookie;
  if (!header?.includes(name)) return 0;
  return header.split(';').filter((pair) => pair.split('=', 1)[0]?.trim() === name).length;
}
