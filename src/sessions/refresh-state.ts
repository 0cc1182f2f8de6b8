// Says whether a refresh token would be taken now, without spending it.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import type { Caller } from '../http/caller.js';
import { familyOf, hashOf, parseRefreshToken } from '../tokens/refresh-token.js';
import { gracesOf, readFamily } from './refresh-attempt.js';

export interface LiveRefreshToken {
  readonly userId: string;
  readonly sessionId: string;
  readonly expiresAt: Date;
}

@Injectable()
export class RefreshState {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  /**
   * Moves nothing: no rotation, no alert for a reused one, no limit, no proof of a key.
   * @returns undefined unless it would be taken
   */
  async of(text: string, caller: Caller): Promise<LiveRefreshToken | undefined> {
    const token = parseRefreshToken(text);
    if (!token) return undefined;
    const attempt = { token, family: familyOf(token), hash: hashOf(token), caller };
    const seen = await readFamily(this.database, attempt, gracesOf(this.database, this.config));
    if (!seen?.is_alive || !(seen.is_current || (seen.is_previous && seen.is_in_grace))) return undefined;
    const expiresAt = seen.expires_at < seen.absolute_expires_at ? seen.expires_at : seen.absolute_expires_at;
    return { userId: token.userId, sessionId: seen.id, expiresAt };
  }
}
