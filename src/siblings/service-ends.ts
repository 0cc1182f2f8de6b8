// Reads which tokens of services have ended and could still be alive, for the revocation feed.
import { sql } from 'drizzle-orm';
import { services, serviceTokenRevocations } from '../database/schema/services.js';
import { MAX_ACCESS_TOKEN_SECONDS } from '../tokens/access-token.js';

/** Of a row `s` of services: tokens that were got with a secret of a lower number are dead. */
export const lowestGoodVersion = sql`
  case when s.disabled_at is not null then s.secret_version + 1
       when s.previous_secret_hash is not null then s.secret_version - 1
       else s.secret_version end`;

const COVERED_SECONDS = MAX_ACCESS_TOKEN_SECONDS + 120;

/** Rows `(sub text, version int)`: the lowest good version of each service whose version rose lately. */
export const endedServices = sql`
  select 'svc_' || s.id as sub, ${lowestGoodVersion} as version
    from ${services} s
   where s.tokens_ended_at > (select protocol_now()) - make_interval(secs => ${COVERED_SECONDS})`;

/** Rows `(jti uuid)`: single tokens of services. */
export const endedServiceTokens = sql`
  select jti from ${serviceTokenRevocations} where expires_at > (select protocol_now())`;
