// Moves the time of authentication of a live session, and signs an access token that says so. The refresh token stays.
import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { given, Prepared } from '../database/prepared.js';
import { refreshTokens, users } from '../database/schema/users-and-sessions.js';
import { sql } from 'drizzle-orm';
import type { Transport } from '../database/schema/vocabularies.js';
import type { Caller } from '../http/caller.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import type { User } from '../users/users.js';
import type { IssuedAccess } from './issued-tokens.js';
import { isAlive, type SeenSession, seenSession } from './refresh-attempt.js';

interface Proof {
  /** As read together with the credential. */
  readonly user: Pick<User, 'id' | 'credentialVersion' | 'tokenVersion'>;
  readonly sessionId: string;
  readonly transport: Transport;
  /** How (RFC 8176). What the session was started with is over: a new time must not vouch for an old proof. */
  readonly methods: readonly string[];
  /** Begins the transaction; where it returns false, or the session has ended, nothing changes. */
  readonly first?: (tx: Transaction) => Promise<boolean>;
}

@Injectable()
export class Reauthentication {
  constructor(
    private readonly database: Database,
    private readonly accessTokens: AccessTokens,
    private readonly audit: Audit,
  ) {}

  /** @returns undefined if the session has ended, or the user changed since the proof */
  async of({ user, sessionId, transport, methods, first }: Proof, caller: Caller): Promise<IssuedAccess | undefined> {
    const { id: userId, credentialVersion, tokenVersion } = user;
    const signer = await this.accessTokens.signer(); // before the session changes: a key store may be down
    const values = { userId, sessionId, transport, methods, credentialVersion, tokenVersion };
    const seen = await inTransaction(this.database, async (tx) => {
      if (first && !(await first(tx))) return undefined;
      const [row] = await moved.runIn(tx, values);
      if (!row) throw hasEnded;
      const event = { type: 'reauthentication.succeeded', userId, sessionId, methods } as const;
      await this.audit.record(tx, [event], caller);
      return row;
    }).catch(unlessEnded);
    if (!seen) return undefined;
    const { id, persistent, email, role, now, generation } = seen;
    const subject = { userId, email, role, tokenVersion, sessionId: id };
    const proven = { ...subject, authenticatedAt: seen.authenticated_at, methods: seen.methods, jkt: seen.jkt };
    return {
      user: { id: userId, email, role, emailVerified: seen.email_verified },
      session: { id, transport, persistent, generation, expiresAt: seen.expires_at },
      accessToken: await this.accessTokens.sign(proven, now, seen.absolute_expires_at, signer),
      issuedAt: now,
    };
  }
}

/** Undoes what `first` wrote: a factor that proves nothing is not used up. */
const hasEnded = new Error('The session has ended.');

function unlessEnded(error: unknown): undefined {
  if (error !== hasEnded) throw error;
  return undefined;
}

/** A refresh copies `authenticated_at` into its access token, so the new time stays with the session. */
const moved = new Prepared<SeenSession & { generation: number }>(
  'reauthenticate',
  sql`
  update ${refreshTokens} s
     set authenticated_at = now,
         methods = ${given('methods')}::text[]
    from ${users} u, protocol_now() as now
   where s.user_id = ${given('userId')} and u.id = ${given('userId')} and s.id = ${given('sessionId')}
     and s.transport = ${given('transport')} and u.credential_version = ${given('credentialVersion')}
     and u.token_version = ${given('tokenVersion')} and ${isAlive}
  returning ${seenSession}, s.generation`,
);
