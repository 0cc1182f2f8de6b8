// Adds, shows and removes services, and changes their secrets.
import { Injectable } from '@nestjs/common';
import { asc, sql, type SQL } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../audit/audit.js';
import type { ServiceEvent } from '../audit/events.js';
import { Database } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { services } from '../database/schema/services.js';
import { isTaken } from '../database/taken.js';
import type { Caller } from '../http/caller.js';
import { clientIdOf } from '../tokens/service-token.js';
import { hashOfSecret, newSecret } from './service-secret.js';

export interface ServiceRights {
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
  readonly resources: readonly string[];
}

export interface ListedService extends ServiceRights {
  readonly name: string;
  readonly clientId: string;
  readonly createdAt: string;
  readonly rotatedAt: string | null;
  /** Two secrets count. */
  readonly isRotating: boolean;
  readonly removedAt: string | null;
}

export interface SecretShownOnce {
  readonly clientId: string;
  readonly secret: string;
}

interface Changed {
  readonly id: string;
  readonly name: string;
}

@Injectable()
export class Services {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
  ) {}

  /** @returns undefined where the name is taken */
  async add(name: string, rights: ServiceRights, by: string, caller: Caller): Promise<SecretShownOnce | undefined> {
    const id = uuidv7();
    const secret = newSecret();
    const lists = { scopes: [...rights.scopes], audiences: [...rights.audiences], resources: [...rights.resources] };
    try {
      await inTransaction(this.database, async (tx) => {
        await tx.insert(services).values({ id, name, ...lists, secretHash: hashOfSecret(secret) });
        const event = { type: 'service.added', service: name, clientId: clientIdOf(id), ...lists, by } as const;
        await this.audit.record(tx, [event], caller);
      });
    } catch (error) {
      if (isTaken(error)) return undefined;
      throw error;
    }
    return { clientId: clientIdOf(id), secret };
  }

  /**
   * Makes a new secret; the present one becomes the previous one and counts on. What was the previous one ends, with the
   * tokens that it got.
   * @returns undefined where there is no such service
   */
  async rotateSecret(name: string, by: string, caller: Caller): Promise<SecretShownOnce | undefined> {
    const secret = newSecret();
    const change = sql`
      tokens_ended_at = case when previous_secret_hash is null then tokens_ended_at else protocol_now() end,
      previous_secret_hash = secret_hash, secret_hash = ${hashOfSecret(secret)},
      secret_version = secret_version + 1, rotated_at = protocol_now()`;
    const row = await this.change(name, change, sql`true`, { type: 'service.secret_rotated', by }, caller);
    return row && { clientId: clientIdOf(row.id), secret };
  }

  /** Ends the previous secret and every token that it got. @returns undefined where there is none */
  async endPreviousSecret(name: string, by: string, caller: Caller): Promise<{ clientId: string } | undefined> {
    const change = sql`previous_secret_hash = null, tokens_ended_at = protocol_now()`;
    const isRotating = sql`previous_secret_hash is not null`;
    const row = await this.change(name, change, isRotating, { type: 'service.secret_ended', by }, caller);
    return row && { clientId: clientIdOf(row.id) };
  }

  /** Ends its secrets and its tokens. @returns undefined where there is no such service */
  async remove(name: string, by: string, caller: Caller): Promise<{ clientId: string } | undefined> {
    const change = sql`disabled_at = protocol_now(), tokens_ended_at = protocol_now()`;
    const row = await this.change(name, change, sql`true`, { type: 'service.removed', by }, caller);
    return row && { clientId: clientIdOf(row.id) };
  }

  async list(): Promise<ListedService[]> {
    const rows = await this.database.select().from(services).orderBy(asc(services.name), asc(services.createdAt));
    return rows.map(({ id, name, scopes, audiences, resources, ...row }) => ({
      ...{ name, clientId: clientIdOf(id), scopes, audiences, resources },
      createdAt: row.createdAt.toISOString(),
      rotatedAt: row.rotatedAt?.toISOString() ?? null,
      isRotating: row.previousSecretHash !== null && row.disabledAt === null,
      removedAt: row.disabledAt?.toISOString() ?? null,
    }));
  }

  /** One statement: of two commands at once the second sees what the first has left. */
  private change(
    name: string,
    change: SQL,
    which: SQL,
    { type, by }: Pick<ServiceEvent, 'type' | 'by'>,
    caller: Caller,
  ): Promise<Changed | undefined> {
    return inTransaction(this.database, async (tx) => {
      const { rows } = await tx.execute<{ id: string; name: string }>(sql`
        update ${services} set ${change} where name = ${name} and disabled_at is null and ${which} returning id, name`);
      const [row] = rows;
      if (row) await this.audit.record(tx, [{ type, service: row.name, clientId: clientIdOf(row.id), by }], caller);
      return row;
    });
  }
}
