// Makes one-time tokens as the mail does, without a mail.
import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { Database } from '../../src/database/database.js';
import type { TokenPurpose } from '../../src/database/schema/vocabularies.js';
import { formatOneTimeToken, hashOfOneTimeToken } from '../../src/tokens/one-time-token.js';
import { OneTimeTokens, type TokenRequest } from '../../src/tokens/one-time-tokens.js';
import type { Service } from './service.js';

export interface Mailed {
  readonly token: string;
  readonly secret: Buffer;
  readonly wanted: TokenRequest;
  /** Whether the mail would have been sent. */
  readonly isWanted: boolean;
}

/** A token of the user as they are now, bound to their address and their epoch. */
export async function mailed(
  service: Service,
  userId: string,
  purpose: TokenPurpose,
  given: Partial<TokenRequest> & { readonly secret?: Buffer } = {},
): Promise<Mailed> {
  const { secret = randomBytes(32), ...other } = given;
  const [user] = await service.query<{ email: string; session_epoch: number }>(
    'SELECT email, session_epoch FROM users WHERE id = $1',
    [userId],
  );
  if (!user) throw new Error(`there is no user ${userId}`);
  const parts = { purpose, userId, secret };
  const bound = { address: user.email, boundEmail: user.email, sessionEpoch: user.session_epoch };
  const rest = { request: uuidv7(), hash: hashOfOneTimeToken(parts), ip: '198.51.100.7', lifeSeconds: 1_800 };
  const wanted = { userId, purpose, ...bound, ...rest, ...other };
  const isWanted = await service.app.get(OneTimeTokens).request(service.app.get(Database), wanted);
  return { token: formatOneTimeToken(parts), secret, wanted, isWanted };
}
