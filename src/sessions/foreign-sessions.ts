// The sessions that people had in the system that they come from. Each is spent once, for a session of ours.
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { eq, sql } from 'drizzle-orm';
import { Config } from '../config/config.js';
import { Database, type Queries, type Transaction } from '../database/database.js';
import { foreignSessions } from '../database/schema/imports.js';
import { UserLookups } from '../users/user-lookups.js';

export interface ForeignSession {
  readonly userId: string;
  /** SHA-256 of the token, base64. */
  readonly tokenHash: string;
  readonly expiresAt: string;
  readonly authenticatedAt: string | null;
}

export interface SpentForeignSession {
  readonly userId: string;
  /** Null where nobody knows. */
  readonly authenticatedAt: Date | null;
}

/** Tokens of other systems may be long: a JWT, for instance. */
export const MAX_FOREIGN_TOKEN = 8_192;

/** What is kept of the token of another system. */
export const hashOfForeignToken = (token: string): Buffer => createHash('sha256').update(token).digest();

/**
 * The session epoch of users who were just imported. Whatever ends the sessions of a user moves it, and with it ends the
 * sessions that they had elsewhere: a change of the password, a reset, a disabling, a sign-out everywhere.
 */
export const FIRST_EPOCH = 1;

@Injectable()
export class ForeignSessions {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly lookups: UserLookups,
  ) {}

  /** @returns which of the hashes belong to a session already */
  taken(queries: Queries, hashes: readonly string[]): Promise<ReadonlySet<string>> {
    return this.lookups.taken(queries, 'foreign_session', hashes);
  }

  /**
   * For users who are created in the same transaction. Those that are over are left out, and none lives longer than ours. A
   * time that is still to come is not known.
   */
  async add(tx: Transaction, added: readonly ForeignSession[]): Promise<void> {
    if (added.length === 0) return;
    const maxDays = this.config.REFRESH_ABSOLUTE_DAYS;
    await this.lookups.claimAll(tx, 'foreign_session', added, maxDays);
    await tx.execute(sql`
      insert into ${foreignSessions} (user_id, token_hash, authenticated_at, expires_at)
      select r."userId", decode(r."tokenHash", 'base64'), case when r."authenticatedAt" <= now then r."authenticatedAt" end,
             least(r."expiresAt", now + make_interval(days => ${maxDays}))
        from protocol_now() as now, jsonb_to_recordset(${JSON.stringify(added)}::jsonb) as r(
             "userId" uuid, "tokenHash" text, "expiresAt" timestamptz, "authenticatedAt" timestamptz)
       where r."expiresAt" > now`);
  }

  /** Those of a user, who wants no other session than one of ours to go on. */
  async endOf(tx: Transaction, userId: string): Promise<void> {
    await tx.delete(foreignSessions).where(eq(foreignSessions.userId, userId));
  }

  /** One statement decides: of several that present one token, one gets it. @returns undefined if it is unknown, spent or over */
  async spend(tokenHash: Buffer): Promise<SpentForeignSession | undefined> {
    const lookup = { kind: 'foreign_session', hash: tokenHash } as const;
    const userId = await this.lookups.find(lookup);
    if (userId === undefined) return undefined;
    const isIt = sql`${foreignSessions.userId} = ${userId} and ${foreignSessions.tokenHash} = ${tokenHash}`;
    const [spent] = await this.database
      .delete(foreignSessions)
      .where(sql`${isIt} and ${foreignSessions.expiresAt} > protocol_now()`)
      .returning({ userId: foreignSessions.userId, authenticatedAt: foreignSessions.authenticatedAt });
    // On its own: whatever this leaves behind leads to no session, and goes when that would have been over.
    if (spent) await this.lookups.free(this.database, lookup, userId);
    return spent;
  }
}
