// Refuses state-changing requests from pages of other origins. It runs for every request, so no route can be
// forgotten.
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { Cookies } from './cookies.js';
import { isOwnOriginOnly } from './own-origin.decorator.js';
import { startsSession } from './starts-session.decorator.js';

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
    // The marks belong to the matched route, not to the path's spelling: /auth/%6Cogin is the login.
    const isGuarded = startsSession(request) || isOwnOriginOnly(request) || this.cookies.carriesAny(request);
    if (isGuarded && !this.isTrusted(request)) throw new Refusal('csrf_rejected');
  }

  /**
   * Our own origin comes from PUBLIC_URL, never from the Host header. Same-site is not enough: a sibling subdomain is
   * another origin. A caller that sends neither header is not a browser.
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
