// Makes the tokens of a refresh: signs the access token and derives the refresh token from its predecessor.
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { KeyStore } from '../keys/key-store.js';
import type { Signer } from '../keys/signing-key.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { formatRefreshToken, type RefreshToken, successorOf } from '../tokens/refresh-token.js';
import type { RefreshAttempt, SeenSession } from './refresh-attempt.js';
import type { IssuedTokens } from './issued-tokens.js';

@Injectable()
export class TokenIssue implements OnModuleInit {
  /** K in docs/protocols/refresh.md. */
  private serverSecret: Buffer = Buffer.alloc(0);

  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly keyStore: KeyStore,
  ) {}

  async onModuleInit(): Promise<void> {
    this.serverSecret = await this.keyStore.refreshSecret();
  }

  successorOf(token: RefreshToken, salt: Buffer): RefreshToken {
    return successorOf(token, salt, this.serverSecret);
  }

  /**
   * Call it before a token is spent, so that a service without a key spends none.
   * @throws Refusal `unavailable`
   */
  signer(): Promise<Signer> {
    return this.accessTokens.signer();
  }

  /** @param seen the session as the rotation or replay returned it */
  async of({ token, signer }: RefreshAttempt, seen: SeenSession, successor: RefreshToken): Promise<IssuedTokens> {
    const { id, transport, persistent, email, role, now } = seen;
    const subject = {
      userId: token.userId,
      email,
      role,
      tokenVersion: seen.token_version,
      sessionId: id,
      authenticatedAt: seen.authenticated_at,
      methods: seen.methods,
      jkt: seen.jkt,
    };
    return {
      user: { id: token.userId, email, role, emailVerified: seen.email_verified },
      session: { id, transport, persistent, generation: successor.generation, expiresAt: seen.expires_at },
      accessToken: await this.accessTokens.sign(subject, now, seen.absolute_expires_at, signer),
      refreshToken: formatRefreshToken(successor),
      issuedAt: now,
    };
  }
}
