// Whose an identity at a provider is, or a session of another system: `user_lookups` decides, and opens nothing. The
// row of the user must confirm it.
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database, type Queries } from '../database/database.js';
import { userLookups } from '../database/schema/lookups.js';
import { Purging } from '../database/purging.js';
import type { LookupKind } from '../database/schema/vocabularies.js';

export interface Lookup {
  readonly kind: LookupKind;
  /** SHA-256 */
  readonly hash: Buffer;
}

interface Claim {
  readonly userId: string;
  /** base64 */
  readonly tokenHash: string;
  readonly expiresAt: string;
}

/** As drizzle/0019_user_emails.sql computes it. No issuer has the separator: it is a URL. */
export const identityLookup = ({ issuer, subject }: { readonly issuer: string; readonly subject: string }): Lookup => ({
  kind: 'identity',
  hash: createHash('sha256').update(`${issuer}\n${subject}`).digest(),
});

/** Those that lead to nothing any more. */
export const expiredLookups = new Purging({
  table: userLookups,
  isOver: sql`expires_at <= protocol_now()`,
  by: userLookups.expiresAt,
});

@Injectable()
export class UserLookups {
  constructor(private readonly database: Database) {}

  /** @returns the user's id */
  async find({ kind, hash }: Lookup, queries: Queries = this.database): Promise<string | undefined> {
    const { rows } = await queries.execute<{ userId: string }>(sql`
      select user_id as "userId" from ${userLookups} where hash = ${hash} and kind = ${kind}`);
    return rows[0]?.userId;
  }

  /** The caller has locked the user, or is making them. @returns whose it is now */
  async claim(tx: Queries, { kind, hash }: Lookup, userId: string): Promise<string | undefined> {
    await tx.execute(sql`
      insert into ${userLookups} (hash, kind, user_id) values (${hash}, ${kind}, ${userId})
      on conflict (hash, kind) do nothing`);
    return this.find({ kind, hash }, tx);
  }

  async free(tx: Queries, { kind, hash }: Lookup, userId: string): Promise<void> {
    await tx.execute(sql`
      delete from ${userLookups} where hash = ${hash} and kind = ${kind} and user_id = ${userId}`);
  }

  /** @param hashes base64 @returns which of them are somebody's */
  async taken(queries: Queries, kind: LookupKind, hashes: readonly string[]): Promise<ReadonlySet<string>> {
    if (hashes.length === 0) return new Set();
    const { rows } = await queries.execute<{ hash: string }>(sql`
      select encode(hash, 'base64') as hash from ${userLookups}
       where kind = ${kind} and hash = any(array(
             select decode(given, 'base64') from unnest(${sql.param([...hashes])}::text[]) as given))`);
    return new Set(rows.map(({ hash }) => hash));
  }

  /**
   * Of users who are created in the same transaction. Those that are over are left out, and none lives longer than `maxDays`.
   * @throws if one is taken
   */
  async claimAll(tx: Queries, kind: LookupKind, claims: readonly Claim[], maxDays: number): Promise<void> {
    await tx.execute(sql`
      insert into ${userLookups} (hash, kind, user_id, expires_at)
      select decode(r."tokenHash", 'base64'), ${kind}, r."userId",
             least(r."expiresAt", now + make_interval(days => ${maxDays}))
        from protocol_now() as now, jsonb_to_recordset(${JSON.stringify(claims)}::jsonb) as r(
             "userId" uuid, "tokenHash" text, "expiresAt" timestamptz)
       where r."expiresAt" > now`);
  }
}
