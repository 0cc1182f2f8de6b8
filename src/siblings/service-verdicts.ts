// Says whether a service's access token is dead before its time, and ends single ones. PostgreSQL is asked each time.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { given, Prepared } from '../database/prepared.js';
import { services, serviceTokenRevocations } from '../database/schema/services.js';
import type { Caller } from '../http/caller.js';
import { MAX_ACCESS_TOKEN_SECONDS } from '../tokens/access-token.js';
import { type ServiceClaims, serviceIdOf } from '../tokens/service-token.js';
import { lowestGoodVersion } from './service-ends.js';

/** Until the last token has expired, and two minutes for clocks that differ. */
const KEPT_SECONDS = MAX_ACCESS_TOKEN_SECONDS + 120;

@Injectable()
export class ServiceVerdicts {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
  ) {}

  async isLive({ sub, jti, tokenVersion }: ServiceClaims): Promise<boolean> {
    const rows = await liveService.run(this.database, { id: serviceIdOf(sub), jti, tokenVersion });
    return rows.length === 1;
  }

  /** Ends one token; the service can get another. Revocations that cover nothing any more go with it. */
  async end({ sub, jti }: ServiceClaims, by: string, caller: Caller): Promise<void> {
    await inTransaction(this.database, async (tx) => {
      await tx.execute(sql`delete from ${serviceTokenRevocations} where expires_at < (select protocol_now())`);
      const { rows } = await tx.execute<{ name: string }>(sql`
        with ended as (
          insert into ${serviceTokenRevocations} (service_id, jti, expires_at)
          select id, ${jti}::uuid, protocol_now() + make_interval(secs => ${KEPT_SECONDS})
            from ${services} where id = ${serviceIdOf(sub)}
          on conflict do nothing returning service_id
        )
        select name from ${services} where id in (select service_id from ended)`);
      const events = rows.map(
        ({ name }) => ({ type: 'service.token_revoked', service: name, clientId: sub, by }) as const,
      );
      await this.audit.record(tx, events, caller);
    });
  }
}

const liveService = new Prepared(
  'live_service',
  sql`
  select from ${services} s
   where s.id = ${given('id')} and s.disabled_at is null and ${given('tokenVersion')}::int >= ${lowestGoodVersion}
     and not exists (select from ${serviceTokenRevocations} r where r.service_id = s.id and r.jti = ${given('jti')})`,
);
