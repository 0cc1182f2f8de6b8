// Names, writes, reads and clears our cookies.
import { Injectable } from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { cookieValues } from './cookie-header.js';
import type { Exchange } from './exchange.js';

const kinds = ['access', 'refresh', 'session'] as const;
type CookieKind = (typeof kinds)[number];

/** Beside Max-Age=0, which some clients read as a session cookie (curl 7.88). */
const LONG_AGO = new Date(0);

const paths: Readonly<Record<CookieKind, string>> = { access: '/', refresh: '/auth/refresh', session: '/' };

/** RFC 6265bis §4.1.3: __Host- requires Path=/ and no Domain. Refresh, device and factor have a narrower path: __Secure-. */
export function cookieNames({ COOKIE_DOMAIN, hasSecureCookies }: Pick<Config, 'COOKIE_DOMAIN' | 'hasSecureCookies'>) {
  const accessPrefix = COOKIE_DOMAIN ? '__Secure-' : '__Host-';
  return hasSecureCookies
    ? {
        access: `${accessPrefix}access_token`,
        refresh: '__Secure-refresh_token',
        session: '__Host-auth_session',
        device: '__Secure-device',
        factor: '__Secure-factor',
        enrol: '__Host-enrol',
        passkey: '__Host-passkey',
        /** Each request has a cookie of its own, whose name begins with this. */
        upstream: '__Host-upstream-',
      }
    : {
        access: 'access_token',
        refresh: 'refresh_token',
        session: 'auth_session',
        device: 'device',
        factor: 'factor',
        enrol: 'enrol',
        passkey: 'passkey',
        upstream: 'upstream-',
      };
}

@Injectable()
export class Cookies {
  private readonly names: Readonly<Record<CookieKind, string>>;
  /**
   * Only the access cookie is shared. A sibling subdomain needs no refresh token, and must not plant a
   * session.
   */
  private readonly domains: Readonly<Record<CookieKind, string | undefined>>;

  constructor(private readonly config: Config) {
    this.names = cookieNames(config);
    this.domains = { access: config.COOKIE_DOMAIN, refresh: undefined, session: undefined };
  }

  /** Every value of the cookie in the header's order: several if a sibling planted one or COOKIE_DOMAIN changed. */
  values(request: FastifyRequest, kind: CookieKind): string[] {
    return cookieValues(request.headers.cookie, this.names[kind]);
  }

  carriesAny(request: FastifyRequest): boolean {
    return kinds.some((kind) => this.values(request, kind).length > 0);
  }

  write(reply: FastifyReply, kind: CookieKind, value: string, maxAgeSeconds: number): void {
    this.set(reply, kind, value, maxAgeSeconds, this.domains[kind]);
  }

  clear({ request, reply }: Exchange): void {
    this.expireTwins({ request, reply });
    for (const kind of kinds) this.write(reply, kind, '', 0);
  }

  /** Expires foreign copies of a cookie that came twice: they have the same name and path but another Domain. */
  expireTwins({ request, reply }: Pick<Exchange, 'request' | 'reply'>): void {
    for (const kind of kinds) {
      if (this.values(request, kind).length < 2) continue;
      const ours = this.domains[kind];
      for (const domain of [undefined, ...this.possibleDomains()])
        if (domain !== ours) this.set(reply, kind, '', 0, domain);
    }
  }

  /** Our host and its parent domains. Browsers ignore public suffixes. */
  private possibleDomains(): string[] {
    const labels = new URL(this.config.publicUrl).hostname.split('.');
    return labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'));
  }

  private set(reply: FastifyReply, kind: CookieKind, value: string, maxAge: number, domain: string | undefined): void {
    const line = stringifySetCookie(this.names[kind], value, {
      httpOnly: true,
      sameSite: 'lax',
      secure: this.config.hasSecureCookies,
      path: paths[kind],
      maxAge,
      ...(maxAge === 0 ? { expires: LONG_AGO } : {}),
      ...(domain ? { domain } : {}),
    });
    reply.header('set-cookie', line);
  }
}
