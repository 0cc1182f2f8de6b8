// The sessions that people had in the system that they come from. Each is spent once, for a session of ours.
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { eq, sql } from 'drizzle-orm';
import { Config } from '../config/config.js';
import { Database, type Queries, type Transaction } from '../database/database.js';
import { foreignSessions } from '../database/import-schema.js';

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
  ) {}

  /** @returns which of the hashes belong to a session already */
  async taken(queries: Queries, hashes: readonly string[]): Promise<ReadonlySet<string>> {
    if (hashes.length === 0) return new Set();
    const { rows } = await queries.execute<{ hash: string }>(sql`
      select encode(token_hash, 'base64') as hash from ${foreignSessions}
       where token_hash in (select decode(hash, 'base64') from unnest(${sql.param([...hashes])}::text[]) as hash)`);
    return new Set(rows.map(({ hash }) => hash));
  }

  /**
   * For users who are created in the same transaction. Those that are over are left out, and none lives longer than ours. A
   * time that is still to come is not known.
   */
  async add(tx: Transaction, added: readonly ForeignSession[]): Promise<void> {
    if (added.length === 0) return;
    await tx.execute(sql`
      insert into ${foreignSessions} (user_id, token_hash, authenticated_at, expires_at)
      select r."userId", decode(r."tokenHash", 'base64'), case when r."authenticatedAt" <= now then r."authenticatedAt" end,
             least(r."expiresAt", now + make_interval(days => ${this.config.REFRESH_ABSOLUTE_DAYS}))
        from protocol_now() as now, jsonb_to_recordset(${JSON.stringify(added)}::jsonb) as r(
             "userId" uuid, "tokenHash" text, "expiresAt" timestamptz, "authenticatedAt" timestamptz)
       where r."expiresAt" > now`);
  }

  /** Those of a user, who wants no other session than one of ours to go on. */
  async endOf(tx: Transaction, userId: string): Promise<void> {
    await tx.delete(foreignSessions).where(eq(foreignSessions.userId, userId));
  }

  /** One statement: of several that present one token, one gets it. @returns undefined if it is unknown, spent or over */
  async spend(tokenHash: Buffer): Promise<SpentForeignSession | undefined> {
    const [spent] = await this.database
      .delete(foreignSessions)
      .where(sql`${foreignSessions.tokenHash} = ${tokenHash} and ${foreignSessions.expiresAt} > protocol_now()`)
      .returning({ userId: foreignSessions.userId, authenticatedAt: foreignSessions.authenticatedAt });
    return spent;
  }
}
