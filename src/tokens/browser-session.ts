// Finds the session of a browser by a cookie that only this service can make, and the browser's token of that session.
import { hkdfSync } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { Cookies } from '../http/cookies.js';
import { KeyStore } from '../keys/key-store.js';
import { unverifiedClaims } from './access-token.js';
import { TokenVerification } from './token-verification.js';
import { formatAuthSession, parseAuthSession, type SessionRef } from './auth-session.js';

@Injectable()
export class BrowserSession implements OnModuleInit {
  private key = Buffer.alloc(0);

  constructor(
    private readonly cookies: Cookies,
    private readonly config: Config,
    private readonly keyStore: KeyStore,
    private readonly verification: TokenVerification,
  ) {}

  /** Derives a key that is used for this cookie only. */
  async onModuleInit(): Promise<void> {
    this.key = Buffer.from(hkdfSync('sha256', await this.keyStore.refreshSecret(), '', 'auth_session', 32));
  }

  /** @returns undefined without a session cookie that this service made */
  of(request: FastifyRequest): SessionRef | undefined {
    for (const value of this.cookies.values(request, 'session')) {
      const session = parseAuthSession(value, this.key);
      if (session) return session;
    }
    return undefined;
  }

  write(reply: FastifyReply, session: SessionRef, maxAgeSeconds: number): void {
    this.cookies.write(reply, 'session', this.valueFor(session), maxAgeSeconds);
  }

  valueFor(session: SessionRef): string {
    return formatAuthSession(session, this.key);
  }

  /**
   * Returns the youngest access cookie of this browser's session. Without the session cookie a single access cookie
   * counts only if no sibling can plant one: under the prefix __Host-.
   */
  accessToken(request: FastifyRequest): string | undefined {
    const values = this.cookies.values(request, 'access');
    const session = this.of(request);
    if (!session) return values.length === 1 && !this.config.COOKIE_DOMAIN ? values[0] : undefined;
    const own = values
      .map((text) => ({ text, claims: unverifiedClaims(text) }))
      .filter(({ claims }) => claims?.sub === session.userId && claims.sid === session.sessionId);
    const youngestFirst = own.toSorted((a, b) => Number(b.claims?.iat) - Number(a.claims?.iat)).map(({ text }) => text);
    if (youngestFirst.length < 2) return youngestFirst[0];
    // Whoever saw a token of this session once can write a younger one, but cannot sign it.
    return youngestFirst.find((text) => this.verification.seemsIntact(text)) ?? youngestFirst[0];
  }
}
