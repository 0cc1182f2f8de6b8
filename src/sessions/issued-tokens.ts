// The tokens that a client receives when it signs in, refreshes or proves again who it is.
import type { Transport } from '../database/schema/vocabularies.js';
import type { SignedAccessToken } from '../tokens/access-tokens.js';
import type { PublicUser } from '../users/users.js';

/** A new access token of a session whose refresh token stays as it is. */
export interface IssuedAccess {
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
  /** The database's time when the tokens were issued. */
  readonly issuedAt: Date;
}

export interface IssuedTokens extends IssuedAccess {
  readonly refreshToken: string;
}

/** When a client should refresh: at random between 60 and 80 % of the token's life, so that clients spread out. */
export function refreshAt({ issuedAt, expiresAt }: SignedAccessToken): Date {
  const life = expiresAt.getTime() - issuedAt.getTime();
  return new Date(issuedAt.getTime() + life * (0.6 + 0.2 * Math.random()));
}
