// Keeps the codes of apps whose users have been at a provider: a minute, and good once.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../../database/database.js';
import { given, Prepared } from '../../database/prepared.js';
import { upstreamCodes } from '../../database/schema/upstream.js';
import type { UpstreamPurpose } from '../../database/schema/vocabularies.js';
import { CODE_SECRET_BYTES, newCode, parseCode } from './upstream-code.js';
import { challengeOf } from './upstream-secrets.js';

/** RFC 6749 §4.1.2 recommends ten minutes at most: an app exchanges at once. */
const CODE_SECONDS = 60;

export interface HandedOver {
  readonly userId: string;
  readonly signInId: string;
  readonly purpose: UpstreamPurpose;
  readonly persistent: boolean;
  readonly appChallenge: string;
  /** `link`: the session that must exchange it. */
  readonly sessionId: string | null;
}

@Injectable()
export class UpstreamCodes {
  constructor(private readonly database: Database) {}

  async issue(handedOver: HandedOver): Promise<string> {
    const { text, hash } = newCode(handedOver.userId, randomBytes(CODE_SECRET_BYTES));
    await issued.run(this.database, { ...handedOver, hash, seconds: CODE_SECONDS });
    return text;
  }

  /**
   * Spends the code, even with a wrong verifier: whoever has the one without the other has stolen it.
   * @returns undefined for a code that is unknown, expired, used or of another app's request
   */
  async take(code: string, verifier: string): Promise<HandedOver | undefined> {
    const presented = parseCode(code);
    const [row] = presented ? await taken.run(this.database, { ...presented }) : [];
    return row && row.appChallenge === challengeOf(verifier) ? row : undefined;
  }
}

const issued = new Prepared<object>(
  'issue_upstream_code',
  sql`
  insert into ${upstreamCodes} (user_id, hash, sign_in_id, purpose, persistent, app_challenge, session_id, created_at,
         expires_at)
  select ${given('userId')}::uuid, ${given('hash')}, ${given('signInId')}::uuid, ${given('purpose')},
         ${given('persistent')}::boolean, ${given('appChallenge')}, ${given('sessionId')}::uuid, now,
         now + make_interval(secs => ${given('seconds')}::int)
    from protocol_now() as now`,
);

const taken = new Prepared<HandedOver & Record<string, unknown>>(
  'take_upstream_code',
  sql`
  delete from ${upstreamCodes}
   where user_id = ${given('userId')} and hash = ${given('hash')} and expires_at > (select protocol_now())
  returning user_id as "userId", sign_in_id as "signInId", purpose, persistent, app_challenge as "appChallenge",
            session_id as "sessionId"`,
);
