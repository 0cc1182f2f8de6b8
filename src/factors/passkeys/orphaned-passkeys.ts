// Refuses a start under another domain than that of the passkeys: no browser would offer them there, and their owners
// would be locked out.
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import { passkeys } from '../../database/schema/passkeys.js';

@Injectable()
export class OrphanedPasskeys implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  /** @throws with what to set */
  async onModuleInit(): Promise<void> {
    const { id } = this.config.relyingParty;
    // Two ranges of the index, which are empty as a rule.
    const { rows } = await this.database.execute<{ domain: string; count: number }>(sql`
      select min(rp_id) as domain, count(*)::int as count from ${passkeys} where rp_id < ${id} or rp_id > ${id}`);
    const { domain, count = 0 } = rows[0] ?? {};
    if (count === 0) return;
    throw new Error(
      `${count === 1 ? '1 passkey belongs' : `${count} passkeys belong`} to ${domain}, and no browser offers them under ` +
        `${id}: set WEBAUTHN_RP_ID=${domain} (without it, COOKIE_DOMAIN or the host of PUBLIC_URL is taken).`,
    );
  }
}
