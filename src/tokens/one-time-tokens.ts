// Keeps the one-time tokens of mailed links, of which only the hash is stored: a newer one supersedes the older one.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { Database, type Queries, type Transaction } from '../database/database.js';
import { oneTimeTokens } from '../database/schema/mail.js';
import { given, Prepared } from '../database/prepared.js';
import { users } from '../database/schema/users-and-sessions.js';
import type { TokenPurpose } from '../database/schema/vocabularies.js';
import { parseOneTimeToken } from './one-time-token.js';

export interface TokenRequest {
  readonly userId: string;
  readonly purpose: TokenPurpose;
  /** UUID v7: a newer request supersedes. */
  readonly request: string;
  readonly hash: Buffer;
  /** Where the mail goes. */
  readonly address: string;
  /** The user's address must still be this one when it is spent; null if it may have changed. */
  readonly boundEmail: string | null;
  /** The user's session epoch must still be this one when it is spent; null if it may have moved. */
  readonly sessionEpoch: number | null;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly ip: string | null;
  readonly lifeSeconds: number;
}

/** What a good token stands for. */
export interface Looked {
  readonly userId: string;
  readonly address: string;
  readonly boundEmail: string | null;
  readonly sessionEpoch: number | null;
  readonly data: Readonly<Record<string, unknown>>;
}
export type Spent = Looked;

@Injectable()
export class OneTimeTokens {
  constructor(private readonly database: Database) {}

  /**
   * Writes the row of a token that is about to be mailed. A newer request supersedes an older one, and the same request
   * again, for a mail that is sent again, counts only while its row is as it was: it does not revive a used link.
   * A `freeze` is superseded by nothing: the owner of each former address has a link.
   * @returns false if it is superseded, used or killed, or there is no such user: send nothing
   */
  async request(queries: Queries, wanted: TokenRequest): Promise<boolean> {
    const { userId, purpose, request, hash, address, boundEmail, sessionEpoch, data = {}, ip, lifeSeconds } = wanted;
    const { rowCount } = await queries.execute(sql`
      insert into ${oneTimeTokens} as t
             (user_id, purpose, request, hash, address, bound_email, session_epoch, data, created_by_ip, expires_at)
      select id, ${purpose}, ${request}, ${hash}, ${address}, ${boundEmail}, ${sessionEpoch}::int,
             ${JSON.stringify(data)}::jsonb, ${ip}::inet, protocol_now() + make_interval(secs => ${lifeSeconds})
        from ${users} where id = ${userId}
      on conflict ${purpose === 'freeze' ? ofRequest : ofPurpose} do update
         set request = excluded.request, hash = excluded.hash, address = excluded.address,
             bound_email = excluded.bound_email, session_epoch = excluded.session_epoch, data = excluded.data,
             created_by_ip = excluded.created_by_ip, created_at = excluded.created_at, expires_at = excluded.expires_at,
             used_at = null
       where t.request < excluded.request
          or (t.request = excluded.request and t.used_at is null
              and t.bound_email is not distinct from excluded.bound_email
              and t.session_epoch is not distinct from excluded.session_epoch)`);
    return rowCount === 1;
  }

  /**
   * Reads only, before anything costly. Garbage and tokens of another purpose cost no query.
   * @returns undefined for whatever could not be spent now, whatever the reason
   */
  async look(text: string, purpose: TokenPurpose): Promise<Looked | undefined> {
    const token = parseOneTimeToken(text);
    if (token?.purpose !== purpose) return undefined;
    const [found] = await looking.run(this.database, { ...token });
    return found;
  }

  /**
   * Uses the token up: the first statement of a transaction. It locks the user first, as every act on a user does, so that
   * address and epoch stay what they are until the commit.
   * @returns undefined for whatever cannot be spent; then nothing has changed
   */
  async spend(tx: Transaction, text: string, purpose: TokenPurpose): Promise<Spent | undefined> {
    const token = parseOneTimeToken(text);
    if (token?.purpose !== purpose) return undefined;
    const [spent] = await spending.runIn(tx, { ...token });
    return spent;
  }

  /** Kills outstanding tokens. A `freeze` survives everything. */
  async kill(tx: Queries, userId: string, purposes: readonly Exclude<TokenPurpose, 'freeze'>[]): Promise<void> {
    await tx.execute(sql`
      update ${oneTimeTokens} set used_at = protocol_now()
       where user_id = ${userId} and purpose = any(${sql.param([...purposes])}::text[]) and used_at is null`);
  }
}

/** Which row a request meets. */
const ofPurpose = sql`(user_id, purpose) where purpose <> 'freeze'`;
const ofRequest = sql`(user_id, purpose, request)`;

/** For an operator who has settled who the owner is: links that were mailed before are void. */
export async function voidFreezes(tx: Queries, userId: string): Promise<void> {
  await tx.execute(sql`
    update ${oneTimeTokens} set used_at = protocol_now()
     where user_id = ${userId} and purpose = 'freeze' and used_at is null`);
}

/** The user `u` is as the token was made for. */
const isGood = (u: SQL): SQL => sql`
  t.user_id = ${given('userId')} and t.purpose = ${given('purpose')} and t.hash = ${given('hash')}
  and t.used_at is null and t.expires_at > protocol_now()
  and ${u}.id = t.user_id and ${u}.disabled_at is null
  and (t.bound_email is null or ${u}.email = t.bound_email)
  and (t.session_epoch is null or ${u}.session_epoch = t.session_epoch)`;

const looked = sql`t.user_id as "userId", t.address, t.bound_email as "boundEmail",
  t.session_epoch as "sessionEpoch", t.data`;

const looking = new Prepared<Looked & Record<string, unknown>>(
  'look_at_one_time_token',
  sql`select ${looked} from ${oneTimeTokens} t, ${users} u where ${isGood(sql`u`)}`,
);

/** Whoever waited for the lock sees the user as the other act left them; t's own conditions are looked at again. */
const spending = new Prepared<Spent & Record<string, unknown>>(
  'spend_one_time_token',
  sql`
  with u as materialized (
    select id, email, session_epoch, disabled_at from ${users} where id = ${given('userId')} for no key update
  )
  update ${oneTimeTokens} t set used_at = protocol_now() from u where ${isGood(sql`u`)} returning ${looked}`,
);
