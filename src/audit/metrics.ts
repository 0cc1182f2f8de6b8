// What does the service count, for whoever watches it? docs/operations/metrics.md says what each figure means.
import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AuditEvent, FrequentEvent } from './events.js';

@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly requests = this.histogram();
  private readonly refreshes = this.counter('watchword_refreshes_total', 'Refresh tokens spent, by outcome', 'outcome');
  private readonly logins = this.counter('watchword_logins_total', 'Sign-ins, by outcome', 'outcome');
  private readonly ends = this.counter('watchword_sessions_ended_total', 'Sessions ended, by reason', 'reason');
  private readonly purged = this.counter('watchword_purged_rows_total', 'Dead rows removed, by kind', 'kind');
  private readonly alerts = this.counter('watchword_alert_deliveries_total', 'Posts to ALERT_WEBHOOK_URL', 'outcome');
  private readonly spurious = this.counter('watchword_spurious_logouts_total', 'Estimate: honest clients logged out');

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  countRequest(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status: String(status) }, seconds);
  }

  countPurged(kind: string, rows: number): void {
    this.purged.inc({ kind }, rows);
  }

  countDelivery(outcome: 'delivered' | 'failed' | 'given_up'): void {
    this.alerts.inc({ outcome });
  }

  /** A figure that is read when somebody asks; what the answer does not name any more is no longer shown. */
  watch(name: string, help: string, read: () => Readonly<Record<string, number>>, label = 'state'): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect: () => {
        gauge.reset();
        for (const [key, value] of Object.entries(read())) gauge.set({ [label]: key }, value);
      },
    });
  }

  countEvent(event: AuditEvent | FrequentEvent): void {
    switch (event.type) {
      case 'refresh.rotated':
        return this.refreshes.inc({ outcome: 'rotated' });
      case 'refresh.replayed':
        return this.refreshes.inc({ outcome: 'replayed' });
      case 'refresh.refused':
        return this.refreshes.inc({ outcome: event.code });
      case 'refresh.reused':
        if (event.ended) this.ends.inc({ reason: 'reuse' });
        return this.refreshes.inc({ outcome: `reused_${event.gravity}` });
      case 'session.ended':
        return this.ends.inc({ reason: event.reason });
      case 'sessions.all_ended':
        return this.ends.inc({ reason: 'operator' }, event.sessions);
      case 'login.failed':
        return this.logins.inc({ outcome: event.reason });
      case 'login.succeeded':
        if (event.afterForcedEnd) this.spurious.inc();
        return this.logins.inc({ outcome: 'succeeded' });
      default:
    }
  }

  private counter(name: string, help: string, ...labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram() {
    return new Histogram({
      name: 'watchword_http_request_seconds',
      help: 'Requests and how long they took',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [this.registry],
    });
  }
}
