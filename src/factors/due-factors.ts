// Says which second factors a user has. Whoever has one is asked for it at every sign-in.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { recoveryCodes, totpAuthenticators } from '../database/factors-schema.js';
import { passkeys } from '../database/passkeys-schema.js';
import { given, Prepared } from '../database/prepared.js';

const factorKinds = ['totp', 'recovery_code', 'passkey'] as const;
export type FactorKind = (typeof factorKinds)[number];

@Injectable()
export class DueFactors {
  constructor(private readonly database: Database) {}

  /** @returns none where no second factor is due: recovery codes alone are none */
  async of(userId: string): Promise<FactorKind[]> {
    const [has] = await factors.run(this.database, { userId });
    if (!has?.totp && !has?.passkey) return [];
    return factorKinds.filter((kind) => has[kind]);
  }
}

const factors = new Prepared<Record<FactorKind, boolean>>(
  'due_factors',
  sql`
  select exists (select from ${totpAuthenticators}
                  where user_id = ${given('userId')} and confirmed_at is not null) as totp,
         exists (select from ${recoveryCodes} where user_id = ${given('userId')} and used_at is null) as recovery_code,
         exists (select from ${passkeys} where user_id = ${given('userId')}) as passkey`,
);
