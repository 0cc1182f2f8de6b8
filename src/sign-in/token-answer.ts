// Answers with tokens in cookies or in the body, never both. A session keeps its transport.
import { Injectable } from '@nestjs/common';
import * as z from 'zod';
import { Cookies } from '../http/cookies.js';
import type { Exchange } from '../http/exchange.js';
import { type IssuedAccess, type IssuedTokens, refreshAt } from '../sessions/issued-tokens.js';
import { BrowserSession } from '../tokens/browser-session.js';
import { publicUser } from '../users/users.js';

const common = {
  user: publicUser,
  session: z.object({
    id: z.uuid(),
    expiresAt: z.iso.datetime().meta({ description: 'When the session ends unless it is refreshed.' }),
    persistent: z.boolean(),
    generation: z.int().meta({ description: 'How often the refresh token was rotated.' }),
  }),
  accessTokenExpiresAt: z.iso.datetime(),
  refreshAt: z.iso.datetime().meta({ description: 'When to refresh: at random within 60 to 80 % of the life.' }),
  // For clients whose clock is wrong.
  expiresIn: z.int().meta({ description: '`accessTokenExpiresAt` in seconds from now.' }),
  refreshIn: z.int().meta({ description: '`refreshAt` in seconds from now.' }),
};

export const cookieTokens = z
  .object(common)
  .meta({ id: 'CookieTokens', description: 'The tokens are in the cookies.' });

export const bearerTokens = z
  .object({
    ...common,
    tokenType: z.enum(['Bearer', 'DPoP']).meta({
      description: 'The scheme of the access token. `DPoP`: each request needs a proof of the key (RFC 9449 §7.1).',
    }),
    accessToken: z.string(),
    refreshToken: z.string().optional().meta({ description: 'Absent where the present one stays.' }),
    deviceToken: z.string().optional().meta({ description: 'Send it with the next sign-in of this device.' }),
  })
  .meta({ id: 'BearerTokens' });

export const issuedAnswer = z.union([bearerTokens, cookieTokens]);

export type IssuedAnswer = z.output<typeof issuedAnswer>;

@Injectable()
export class TokenAnswer {
  constructor(
    private readonly cookies: Cookies,
    private readonly browserSession: BrowserSession,
  ) {}

  /** Sets the cookies of a cookie session; returns the body. */
  write(issued: IssuedTokens | IssuedAccess, exchange: Exchange): IssuedAnswer {
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
      expiresIn,
      refreshIn: secondsBetween(accessToken.issuedAt, dueAt),
    };
    if (session.transport === 'bearer')
      return {
        ...answer,
        tokenType: accessToken.isBound ? 'DPoP' : 'Bearer',
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
