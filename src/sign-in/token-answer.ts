// Answers with tokens in cookies or in the body, never both. A session keeps its transport.
import { Injectable } from '@nestjs/common';
import { Cookies } from '../http/cookies.js';
import type { Exchange } from '../http/exchange.js';
import { type IssuedAccess, type IssuedTokens, refreshAt } from '../sessions/issued-tokens.js';
import { BrowserSession } from '../tokens/browser-session.js';

@Injectable()
export class TokenAnswer {
  constructor(
    private readonly cookies: Cookies,
    private readonly browserSession: BrowserSession,
  ) {}

  /** Sets the cookies of a cookie session; returns the body. */
  write(issued: IssuedTokens | IssuedAccess, exchange: Exchange): object {
    const { user, session, accessToken } = issued;
    const refreshToken = 'refreshToken' in issued ? issued.refreshToken : undefined;
    const expiresIn = secondsBetween(accessToken.issuedAt, accessToken.expiresAt);
    const { id, persistent, generation, expiresAt } = session;
    const dueAt = refreshAt(accessToken);
    const answer = {
      user,
      session: { id, expiresAt: expiresAt.toISOString(), persistent, generation },
      accessTokenExpiresAt: accessToken.expiresAt.toISOString(),
      refreshAt: dueAt.toISOString(),
      // In seconds, for clients whose clock is wrong.
      expiresIn,
      refreshIn: secondsBetween(accessToken.issuedAt, dueAt),
    };
    if (session.transport === 'bearer')
      return {
        ...answer,
        tokenType: 'Bearer',
        accessToken: accessToken.text,
        ...(refreshToken === undefined ? {} : { refreshToken }),
      };
    const { reply } = exchange;
    const idleLife = secondsBetween(issued.issuedAt, expiresAt);
    this.cookies.expireTwins(exchange);
    this.cookies.write(reply, 'access', accessToken.text, expiresIn);
    if (refreshToken === undefined) return answer;
    this.cookies.write(reply, 'refresh', refreshToken, idleLife);
    this.browserSession.write(reply, { userId: user.id, sessionId: session.id }, idleLife);
    return answer;
  }
}

const secondsBetween = (from: Date, to: Date) => Math.max(1, Math.floor((to.getTime() - from.getTime()) / 1000));
