// Where is it written down? Each event is one log line; a reuse is also the alert that somebody is paged for.
import { Injectable } from '@nestjs/common';
import { Log } from '../config/log.js';
import type { Caller } from '../http/caller.js';
import type { AuditEvent } from './events.js';
import { Metrics } from './metrics.js';

@Injectable()
export class Audit {
  constructor(
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  /** @param caller who caused it; null where the service itself did. */
  record(event: AuditEvent, caller: Caller | null): void {
    const { type, ...details } = event;
    const entry = { event: type, ...details, ...caller };
    if (event.type === 'refresh.reused') this.log.error({ ...entry, alert: true });
    else if (event.type === 'login.failed' || event.type === 'refresh.refused') this.log.warn(entry);
    else this.log.info(entry);
    this.metrics.countEvent(event, caller?.userAgent ?? null);
  }
}
