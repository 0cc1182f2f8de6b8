// Reads from PostgreSQL what decides about access tokens, in one statement at a time: right on any
// number of instances.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { given, Prepared } from '../database/prepared.js';
import { readOnPrimary, server } from '../database/connections/primary-reads.js';
import { accessRevocations, users } from '../database/schema/users-and-sessions.js';
import { batched } from './batched.js';
import type { Claims, Truth } from './verdict.js';

/** Few statements with many questions each, for the verdicts that only PostgreSQL knows. */
const READS = { inFlight: 2, together: 100 };

/**
 * Live revocations of one user that an entry in Redis may hold. An account that signs in and out in
 * a loop has more; each of its checks costs a second read.
 */
const MAX_REVOCATIONS = 500;

const GONE: Truth = { version: 'gone', revoked: [] };

@Injectable()
export class TruthReads {
  /**
   * What decides about one token; checks that arrive together share a statement that begins after
   * all of them.
   */
  readonly ofToken = batched((many: readonly Claims[]) => this.ofTokens(many), READS);

  constructor(private readonly database: Database) {}

  /**
   * What decides about every token of a user.
   * @returns undefined when that is more than an entry may hold: then `ofToken` decides
   */
  async ofUser(sub: string): Promise<Truth | undefined> {
    const [truth] = await readOnPrimary(this.database, everyToken, { sub });
    if (truth && truth.revoked.length > MAX_REVOCATIONS) return undefined;
    return truth ?? GONE;
  }

  /**
   * A check that is alone reads one user's rows, and so one partition where the tables have some.
   */
  async ofTokens(many: readonly Claims[]): Promise<Truth[]> {
    const [only] = many;
    if (only && many.length === 1) {
      const [truth] = await readOnPrimary(this.database, oneToken, { ...only });
      return [truth ?? GONE];
    }
    const column = (name: 'sub' | 'sid' | 'jti') => many.map((claims) => claims[name]);
    const values = { sub: column('sub'), sid: column('sid'), jti: column('jti') };
    const rows = await readOnPrimary(this.database, manyTokens, values, many.length);
    const found = new Map(rows.map(({ at, ...truth }) => [Number(at), truth]));
    return many.map((_, n) => found.get(n + 1) ?? GONE);
  }
}

interface Row {
  readonly isStandby: boolean;
  readonly version: number;
  readonly revoked: string[];
}

const revoked = (which: SQL) =>
  sql`array(select kind || ':' || ref from ${accessRevocations} where ${which}) as revoked`;

/**
 * Each part of the primary key is named, so that its index leads to the few rows and not through
 * all of the user's.
 */
const ofThese = (sid: SQL, jti: SQL) => sql`kind in ('s', 'j') and ref in (${sid}, ${jti})`;

/**
 * One more than an entry may hold, in the order of the primary key: a plan that reads the whole
 * table is never cheaper.
 */
const upToLimit = sql`order by kind, ref limit ${MAX_REVOCATIONS + 1}::int`;

const everyToken = new Prepared<Row>(
  'truth_of_user',
  sql`
  select ${server}, u.token_version as version, ${revoked(sql`user_id = ${given('sub')} ${upToLimit}`)}
    from ${users} u where u.id = ${given('sub')}`,
);

const oneToken = new Prepared<Row>(
  'truth_of_token',
  sql`
  select ${server}, u.token_version as version,
         ${revoked(sql`user_id = ${given('sub')} and ${ofThese(sql`${given('sid')}`, sql`${given('jti')}`)}`)}
    from ${users} u where u.id = ${given('sub')}`,
);

const manyTokens = new Prepared<Row & { readonly at: string }>(
  'truth_of_tokens',
  sql`
  select at, ${server}, u.token_version as version, ${revoked(sql`user_id = u.id and ${ofThese(sql`sid`, sql`jti`)}`)}
    from unnest(${given('sub')}::uuid[], ${given('sid')}::uuid[], ${given('jti')}::uuid[])
         with ordinality as asked (user_id, sid, jti, at)
    join ${users} u on u.id = asked.user_id`,
);
