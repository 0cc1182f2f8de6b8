// May this browser use our cookies? Asked before routing, so that no route can be forgotten.
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { Cookies } from './cookies.js';

/** Routes that make a session without any cookie: a foreign page must not sign its visitor in (login CSRF). */
const alwaysGuarded = new Set(['/auth/login', '/auth/register']);
/** Clears cookies even where none arrives: a sibling's page must not sign our visitor out. With a bearer token it is a client's. */
const guardedWithoutBearer = '/auth/logout';
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

@Injectable()
export class CrossSiteGuard {
  constructor(
    private readonly config: Config,
    private readonly cookies: Cookies,
  ) {}

  /** @throws Refusal `csrf_rejected` */
  check(request: FastifyRequest): void {
    if (safeMethods.has(request.method)) return;
    // The route that was matched, not the path as it was spelled: /auth/%6Cogin is the login, too.
    const route = request.routeOptions.url ?? '';
    const isGuarded =
      alwaysGuarded.has(route) ||
      (route === guardedWithoutBearer && request.headers.authorization === undefined) ||
      this.cookies.carriesAny(request);
    if (isGuarded && !this.isTrusted(request)) throw new Refusal('csrf_rejected');
  }

  /**
   * Our own origin is PUBLIC_URL's, never the Host header's. Same-site is not same-origin: a sibling subdomain is not
   * us. A caller that sends neither header is not a browser.
   */
  private isTrusted(request: FastifyRequest): boolean {
    const site = request.headers['sec-fetch-site'];
    const { origin } = request.headers;
    const isKnown =
      origin !== undefined && (this.config.ownOrigins.has(origin) || this.config.ALLOWED_ORIGINS.includes(origin));
    if (site === undefined) return origin === undefined || isKnown;
    return site === 'same-origin' || site === 'none' || isKnown;
  }
}
