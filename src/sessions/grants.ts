// How are the tokens of a refresh made? The access token is signed, the refresh token derived from the one before it.
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { KeyStore } from '../keys/key-store.js';
import { AccessTokens, type SignedAccessToken } from '../tokens/access-tokens.js';
import { formatRefreshToken, type RefreshToken, successorOf } from '../tokens/refresh-token.js';
import type { Presented, Seen } from './family.js';
import type { Grant } from './grant.js';

@Injectable()
export class Grants implements OnModuleInit {
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

  sign({ token }: Presented, seen: Seen): Promise<SignedAccessToken> {
    const subject = {
      userId: token.userId,
      email: seen.email,
      role: seen.role,
      tokenVersion: seen.token_version,
      sessionId: seen.id,
      authenticatedAt: new Date(seen.authenticated_at),
      methods: seen.methods,
    };
    return this.accessTokens.sign(subject, new Date(seen.now), new Date(seen.absolute_expires_at));
  }

  of(
    { token }: Presented,
    seen: Seen,
    accessToken: SignedAccessToken,
    successor: RefreshToken,
    expiresAt: string,
  ): Grant {
    const { id, transport, persistent } = seen;
    return {
      user: { id: token.userId, email: seen.email, role: seen.role, emailVerified: seen.email_verified },
      session: { id, transport, persistent, expiresAt: new Date(expiresAt) },
      accessToken,
      refreshToken: formatRefreshToken(successor),
      issuedAt: new Date(seen.now),
    };
  }
}
