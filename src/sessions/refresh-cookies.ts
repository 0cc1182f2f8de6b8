// Chooses one of a browser's refresh cookies: the one of its own session with the highest generation.
import { Injectable } from '@nestjs/common';
import { and, eq } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { refreshTokens } from '../database/schema/users-and-sessions.js';
import type { SessionRef } from '../tokens/auth-session.js';
import { familyOf, parseRefreshToken } from '../tokens/refresh-token.js';

@Injectable()
export class RefreshCookies {
  constructor(private readonly database: Database) {}

  /** @returns undefined where none is a refresh token of the session's user */
  async ofSession(cookies: readonly string[], session: SessionRef): Promise<string | undefined> {
    const own = cookies.flatMap((text) => {
      const token = parseRefreshToken(text);
      return token?.userId === session.userId ? [{ text, token, family: familyOf(token) }] : [];
    });
    const families = new Set(own.map(({ family }) => family));
    const family = families.size > 1 ? await this.familyOf(session) : own[0]?.family;
    const candidates = own.filter((each) => each.family === family);
    return candidates.toSorted((a, b) => b.token.generation - a.token.generation)[0]?.text;
  }

  private async familyOf({ userId, sessionId }: SessionRef): Promise<string | undefined> {
    const [row] = await this.database
      .select({ family: refreshTokens.family })
      .from(refreshTokens)
      .where(and(eq(refreshTokens.userId, userId), eq(refreshTokens.id, sessionId)));
    return row?.family;
  }
}
