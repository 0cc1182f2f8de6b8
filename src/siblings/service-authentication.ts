// Finds the service that a client id and a secret belong to. An unknown service costs the same as a wrong secret.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database } from '../database/database.js';
import { given, Prepared } from '../database/prepared.js';
import { services } from '../database/schema/services.js';
import { Refusal } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { VolumeLimit } from '../limits/volume-limit.js';
import { clientIdOf, serviceIdOf } from '../tokens/service-token.js';
import type { ClientCredentials } from './client-credentials.js';
import { hashOfSecret } from './service-secret.js';
import type { ServiceRights } from './services.js';

export interface ServicePrincipal extends ServiceRights {
  readonly id: string;
  readonly clientId: string;
  readonly name: string;
  /** The number of the secret that it showed. */
  readonly secretVersion: number;
  readonly secret: 'current' | 'previous';
}

interface Row {
  readonly name: string;
  readonly scopes: string[];
  readonly audiences: string[];
  readonly resources: string[];
  readonly secret_hash: Buffer;
  readonly previous_secret_hash: Buffer | null;
  readonly secret_version: number;
}

/** Compared where there is no hash, so that every attempt compares twice. Nothing hashes to it. */
const DECOY = randomBytes(32);
/** No service has it. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

@Injectable()
export class ServiceAuthentication {
  constructor(
    private readonly database: Database,
    private readonly volume: VolumeLimit,
    private readonly audit: Audit,
  ) {}

  /** @throws Refusal `invalid_client`, or `too_many_attempts` when the network was wrong too often */
  async of({ clientId, secret }: ClientCredentials, caller: Caller): Promise<ServicePrincipal> {
    const id = serviceIdOf(clientId) ?? NOBODY;
    const [row] = await findService.run(this.database, { id });
    const hash = hashOfSecret(secret);
    const isCurrent = timingSafeEqual(hash, row?.secret_hash ?? DECOY);
    const isPrevious = timingSafeEqual(hash, row?.previous_secret_hash ?? DECOY);
    if (!row || !(isCurrent || isPrevious)) throw await this.refusal(row?.name ?? null, caller);
    const { name, scopes, audiences, resources, secret_version: version } = row;
    const shown = isCurrent
      ? ({ secret: 'current', secretVersion: version } as const)
      : ({ secret: 'previous', secretVersion: version - 1 } as const);
    return { id, clientId: clientIdOf(id), name, scopes, audiences, resources, ...shown };
  }

  /** Counted after the comparison: the neighbours of a guesser are not refused with a right secret. */
  private async refusal(service: string | null, caller: Caller): Promise<Refusal> {
    await this.volume.take('service_failure', caller.ip);
    const reason = service === null ? 'unknown_service' : 'wrong_secret';
    this.audit.note({ type: 'service.refused', service, reason }, caller);
    return new Refusal('invalid_client');
  }
}

const findService = new Prepared<Row>(
  'find_service',
  sql`
  select name, scopes, audiences, resources, secret_hash, previous_secret_hash, secret_version
    from ${services} where id = ${given('id')} and disabled_at is null`,
);
