// Makes challenges and takes each once: the time is the database's, the key is the installation's.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database, type Queries } from '../../database/database.js';
import { spentChallenges } from '../../database/schema/passkeys.js';
import { Prepared } from '../../database/prepared.js';
import { DerivedKeys } from '../../keys/derived-keys.js';
import { sha256 } from '../../tokens/checked-text.js';
import { type Bound, CHALLENGE_SECONDS, formatChallenge, isChallenge } from './challenge.js';

@Injectable()
export class Challenges {
  constructor(
    private readonly database: Database,
    private readonly keys: DerivedKeys,
  ) {}

  /** Writes nothing, so that anybody may ask for any number of them. */
  async make(bound: Bound): Promise<Buffer> {
    return formatChallenge(bound, await this.now(), randomBytes(16), await this.keys.of('passkey challenge'));
  }

  /** The database's time. */
  async now(): Promise<Date> {
    const [row] = await databaseTime.run(this.database, {});
    if (!row) throw new Error('The database returned no time.');
    return row.now;
  }

  /**
   * @param now of the database
   * @returns whether a text is a challenge of ours for this, and in time
   */
  async judge(bound: Bound, now: Date): Promise<(text: string) => boolean> {
    const key = await this.keys.of('passkey challenge');
    return (text) => isChallenge(text, bound, now, key);
  }

  /** @returns false if the challenge was met before */
  async spend(tx: Queries, userId: string, text: string): Promise<boolean> {
    const { rowCount } = await tx.execute(sql`
      insert into ${spentChallenges} (user_id, hash, expires_at)
      values (${userId}, ${hashOfChallenge(text)}, protocol_now() + make_interval(secs => ${CHALLENGE_SECONDS}))
          on conflict do nothing`);
    return rowCount === 1;
  }
}

export const hashOfChallenge = (text: string): Buffer => sha256(Buffer.from(text));

const databaseTime = new Prepared<{ now: Date }>('challenge_time', sql`select protocol_now() as now`);
