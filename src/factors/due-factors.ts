// Says which second factors a user has. Whoever has one is asked for it at every sign-in.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { given, Prepared } from '../database/prepared.js';
import { dueOf, type FactorKind, heldFactors } from '../users/held-factors.js';

@Injectable()
export class DueFactors {
  constructor(private readonly database: Database) {}

  /** @returns none where no second factor is due: recovery codes alone are none */
  async of(userId: string): Promise<FactorKind[]> {
    const [has] = await factors.run(this.database, { userId });
    return dueOf(has);
  }
}

const factors = new Prepared<Record<FactorKind, boolean>>('due_factors', sql`select ${heldFactors(given('userId'))}`);
