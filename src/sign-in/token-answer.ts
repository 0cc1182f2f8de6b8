// How do tokens reach the client? In cookies or in the body, never both; a session keeps its transport for life.
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Cookies } from '../http/cookies.js';
import { type IssuedTokens, refreshAt } from '../sessions/issued-tokens.js';

@Injectable()
export class TokenAnswer {
  constructor(private readonly cookies: Cookies) {}

  /** Sets the cookies of a cookie session; returns the body. */
  write(grant: IssuedTokens, reply: FastifyReply): object {
    const { user, session, accessToken, refreshToken } = grant;
    const expiresIn = secondsBetween(accessToken.issuedAt, accessToken.expiresAt);
    const answer = {
      user,
      session: { id: session.id, expiresAt: session.expiresAt.toISOString(), persistent: session.persistent },
      accessTokenExpiresAt: accessToken.expiresAt.toISOString(),
      refreshAt: refreshAt(accessToken).toISOString(),
    };
    if (session.transport === 'bearer') {
      return { ...answer, tokenType: 'Bearer', accessToken: accessToken.text, expiresIn, refreshToken };
    }
    this.cookies.write(reply, 'access', accessToken.text, expiresIn);
    this.cookies.write(reply, 'refresh', refreshToken, secondsBetween(grant.issuedAt, session.expiresAt));
    return answer;
  }
}

const secondsBetween = (from: Date, to: Date) => Math.max(1, Math.floor((to.getTime() - from.getTime()) / 1000));
