// Is this access token dead before its time? The truth is in Postgres, asked on every request.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database, type Queries } from '../database/database.js';
import { accessRevocations, users } from '../database/schema.js';
import { type AccessClaims, MAX_ACCESS_TOKEN_SECONDS } from '../tokens/access-token.js';

/** Why a token is dead: its user is gone, its version is old, its session has ended, or it alone was revoked. */
export type Verdict = 'live' | 'user_gone' | 'version_stale' | 'session_revoked' | 'token_revoked';

/** A revocation is kept until the last token it covers has expired, and two minutes for clocks that differ. */
export const REVOCATION_SECONDS = MAX_ACCESS_TOKEN_SECONDS + 120;

@Injectable()
export class Revocations {
  constructor(private readonly database: Database) {}

  /** One statement, one user's rows: right on any number of instances. */
  async covers(claims: Pick<AccessClaims, 'sub' | 'sid' | 'jti' | 'tokenVersion'>): Promise<Verdict> {
    const { rows } = await this.database.execute<{ version: number; session: boolean; token: boolean }>(sql`
      select u.token_version as version,
             exists (select from ${accessRevocations}
                      where user_id = ${claims.sub} and kind = 's' and ref = ${claims.sid}) as session,
             exists (select from ${accessRevocations}
                      where user_id = ${claims.sub} and kind = 'j' and ref = ${claims.jti}) as token
        from ${users} u where u.id = ${claims.sub}`);
    const [row] = rows;
    if (!row) return 'user_gone';
    if (row.session) return 'session_revoked';
    if (row.version !== claims.tokenVersion) return 'version_stale';
    return row.token ? 'token_revoked' : 'live';
  }

  /** Denies sessions and not only one token of each: a refresh in flight mints another. A user who is gone needs none. */
  async denySessions(queries: Queries, userId: string, sessionIds: readonly string[]): Promise<void> {
    await queries.execute(sql`
      insert into ${accessRevocations} (user_id, kind, ref, expires_at)
      select u.id, 's', ref, protocol_now() + make_interval(secs => ${REVOCATION_SECONDS})
        from ${users} u, unnest(${sql.param([...sessionIds])}::uuid[]) as ref
       where u.id = ${userId}
      on conflict do nothing`);
  }

  /** @returns how many of those that cover nothing any more went, at most `limit`. */
  async purge(queries: Queries, limit: number): Promise<number> {
    const { rowCount } = await queries.execute(sql`
      delete from ${accessRevocations} where (user_id, kind, ref) in (
        select user_id, kind, ref from ${accessRevocations} where expires_at < protocol_now()
         limit ${limit} for update skip locked)`);
    return rowCount ?? 0;
  }
}
