// The tokens that a client receives when it signs in or refreshes.
import type { Transport } from '../database/vocabularies.js';
import type { SignedAccessToken } from '../tokens/access-tokens.js';
import type { PublicUser } from '../users/users.js';

export interface IssuedTokens {
  readonly user: PublicUser;
  readonly session: {
    readonly id: string;
    readonly transport: Transport;
    readonly persistent: boolean;
    /** How often the refresh token was rotated. */
    readonly generation: number;
    /** When the session ends unless it is refreshed. */
    readonly expiresAt: Date;
  };
  readonly accessToken: SignedAccessToken;
  readonly refreshToken: string;
  /** The database's time when the tokens were issued. */
  readonly issuedAt: Date;
}

/** When a client should refresh: at random between 60 and 80 % of the token's life, so that clients spread out. */
export function refreshAt({ issuedAt, expiresAt }: SignedAccessToken): Date {
  const life = expiresAt.getTime() - issuedAt.getTime();
  return new Date(issuedAt.getTime() + life * (0.6 + 0.2 * Math.random()));
}
