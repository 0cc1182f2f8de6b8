// Which session a browser is in, by a cookie that only this service can make; and which of its tokens therefore count.
import { hkdfSync } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { Cookies } from '../http/cookies.js';
import { KeyStore } from '../keys/key-store.js';
import { unverifiedClaims } from './access-token.js';
import { formatAuthSession, parseAuthSession, type SessionRef } from './auth-session.js';

@Injectable()
export class BrowserSession implements OnModuleInit {
  private key = Buffer.alloc(0);

  constructor(
    private readonly cookies: Cookies,
    private readonly config: Config,
    private readonly keyStore: KeyStore,
  ) {}

  /** A key of its own, derived from a server secret: nothing else is ever made with it. */
  async onModuleInit(): Promise<void> {
    this.key = Buffer.from(hkdfSync('sha256', await this.keyStore.refreshSecret(), '', 'auth_session', 32));
  }

  /** @returns undefined where there is no such cookie, or none that we made */
  of(request: FastifyRequest): SessionRef | undefined {
    for (const value of this.cookies.values(request, 'session')) {
      const session = parseAuthSession(value, this.key);
      if (session) return session;
    }
    return undefined;
  }

  write(reply: FastifyReply, session: SessionRef, maxAgeSeconds: number): void {
    this.cookies.write(reply, 'session', formatAuthSession(session, this.key), maxAgeSeconds);
  }

  /**
   * The access cookie of this browser's session; of two, the younger. Without the session cookie a single access cookie
   * counts where no sibling can plant one: under the prefix __Host-.
   */
  accessToken(request: FastifyRequest): string | undefined {
    const values = this.cookies.values(request, 'access');
    const session = this.of(request);
    if (!session) return values.length === 1 && !this.config.COOKIE_DOMAIN ? values[0] : undefined;
    const own = values
      .map((text) => ({ text, claims: unverifiedClaims(text) }))
      .filter(({ claims }) => claims?.sub === session.userId && claims.sid === session.sessionId);
    return own.toSorted((a, b) => Number(b.claims?.iat) - Number(a.claims?.iat))[0]?.text;
  }
}
