// Sends an alert by the log at once, and by a signed webhook from a table, so that neither an
// outage of the receiver nor one of ours loses it, and no request waits for it.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Config } from '../config/config.js';
import { alertDeliveries } from '../database/schema/audit.js';
import type { Caller } from '../http/caller.js';
import type { AlertEvent } from './events.js';

/** Whose events belong to nobody: acts on keys, sign-ins with an unknown address, sprays. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

@Injectable()
export class Alerts {
  /** Set by the delivery: an alert need not wait for its next round. */
  onNew: () => void = () => undefined;

  constructor(private readonly config: Config) {}

  /**
   * The alert as a part of a larger statement, written once for each row of `source`; nothing
   * without a webhook.
   * @param source the name of a common table expression
   */
  insertFrom(source: SQL, { type, ...data }: AlertEvent, caller: Caller | null): SQL {
    const { ip = null, userAgent = null, requestId = null } = caller ?? {};
    const payload = { type, data: { ...data, ip, userAgent, requestId } };
    const userId = 'userId' in data ? data.userId : NOBODY;
    return sql`insert into ${alertDeliveries} (user_id, id, payload)
      select ${userId}::uuid, ${uuidv7()}::uuid, ${payload}::jsonb from ${source} where ${this.isWanted}`;
  }

  private get isWanted(): boolean {
    return this.config.ALERT_WEBHOOK_URL !== undefined;
  }
}
