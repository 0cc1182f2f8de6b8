// Reads all that is revoked and could still be alive: the whole set, as one statement sees it. Never "after number N":
// transactions commit in another order than their numbers.
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { given, Prepared } from '../database/prepared.js';
import { signingKeys } from '../database/schema/keys.js';
import { accessRevocations, revokedSubjects } from '../database/schema/users-and-sessions.js';
import { readOnPrimary, server } from '../database/connections/primary-reads.js';
import { endedServices, endedServiceTokens } from './service-ends.js';

export interface RevokedSet {
  /** The database's time of the read. */
  readonly readAt: Date;
  /** Equal sets have equal tags, on every instance. */
  readonly etag: string;
  readonly sids: readonly string[];
  readonly jtis: readonly string[];
  readonly subs: Readonly<Record<string, number>>;
  readonly kids: readonly string[];
}

/** Lists as text: those of two reads are compared each second, and taken apart only when they differ. */
interface Row {
  readonly readAt: Date;
  readonly isStandby: boolean;
  readonly sids: string | null;
  readonly jtis: string | null;
  readonly subs: string | null;
  readonly kids: string | null;
}

/** A key that was revoked is named for as long as a verifier may have it in its cache, and two minutes for slow clocks. */
const AFTER_CACHES_SECONDS = 120;

@Injectable()
export class RevokedSets {
  private last: { readonly row: Row; readonly set: RevokedSet } | undefined;
  private readonly kidSeconds: number;

  constructor(
    private readonly database: Database,
    config: Config,
  ) {
    // The operator's word for the longest cache; longer than any token lives (config/key-settings.ts).
    this.kidSeconds = config.KEY_PUBLISH_AHEAD_SECONDS + AFTER_CACHES_SECONDS;
  }

  /** @throws when the database does not answer */
  async read(): Promise<RevokedSet> {
    const [row] = await readOnPrimary(this.database, whole, { kidSeconds: this.kidSeconds });
    if (!row) throw new Error('The database returned no set.');
    const isSame = this.last && members.every((name) => this.last?.row[name] === row[name]);
    const set = this.last && isSame ? { ...this.last.set, readAt: row.readAt } : setOf(row);
    this.last = { row, set };
    return set;
  }
}

const members = ['sids', 'jtis', 'subs', 'kids'] as const;

function setOf(row: Row): RevokedSet {
  const hash = createHash('sha256').update(JSON.stringify(members.map((name) => row[name])));
  return {
    readAt: row.readAt,
    etag: `W/"${hash.digest('base64url')}"`,
    sids: listOf(row.sids),
    jtis: listOf(row.jtis),
    kids: listOf(row.kids),
    subs: Object.fromEntries(listOf(row.subs).map(floorOf)),
  };
}

const listOf = (text: string | null) => text?.split('\n') ?? [];

function floorOf(line: string): [string, number] {
  const [sub = '', goodFrom] = line.split(' ');
  return [sub, Number(goodFrom)];
}

/** RFC 6920 §9.4, `sha-256-128`, in base64url: 22 characters. */
const hashed = (text: SQL) => sql`
  translate(rtrim(encode(substring(sha256(convert_to(${text}, 'UTF8')) from 1 for 16), 'base64'), '='), '+/', '-_')`;

/** Line by line, in the order of bytes, so that the collation of a database does not matter. */
const lines = (which: SQL, line = sql`hash`) =>
  sql`string_agg(${line}, E'\n' order by hash collate "C") filter (where ${which})`;

/**
 * One range of each index on `expires_at`. The time is a subquery: a volatile function in a comparison would be called for
 * each row. It is asked for as the first scan begins, right after the statement's snapshot was taken. The test explains it.
 */
export const wholeSet = (kidSeconds: SQL) => sql`
  with read as materialized (select protocol_now() as at),
  ended as (
    select kind, ref::text as subject, null::bigint as good_from from ${accessRevocations}
     where expires_at > (select at from read)
    union all
    select 'v', subject, good_from from ${revokedSubjects} where expires_at > (select at from read)
    union all
    select 'j', jti::text, null from (${endedServiceTokens}) as of_services
    union all
    select 'v', sub, version from (${endedServices}) as services
  ),
  listed as (
    select kind, good_from, case when subject = '*' then subject else ${hashed(sql`subject`)} end as hash from ended
  )
  select (select at from read) as "readAt", ${server},
         ${lines(sql`kind = 's'`)} as sids, ${lines(sql`kind = 'j'`)} as jtis,
         ${lines(sql`kind = 'v'`, sql`hash || ' ' || good_from`)} as subs,
         (select string_agg(kid, E'\n' order by kid collate "C") from ${signingKeys}
           where revoked_at > (select at from read) - make_interval(secs => ${kidSeconds})) as kids
    from listed`;

const whole = new Prepared<Row>('revoked_set', wholeSet(sql`${given('kidSeconds')}::int`));
