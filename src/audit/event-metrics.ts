// Counts the events that have a figure in docs/operations/metrics.md.
import { Injectable } from '@nestjs/common';
import { Metrics } from '../telemetry/metrics.js';
import type { AuditEvent, FrequentEvent } from './events.js';

@Injectable()
export class EventMetrics {
  private readonly refreshes;
  private readonly logins;
  private readonly ends;
  private readonly spurious;

  constructor(metrics: Metrics) {
    this.refreshes = metrics.counter('watchword_refreshes_total', 'Refresh tokens spent, by outcome', 'outcome');
    this.logins = metrics.counter('watchword_logins_total', 'Sign-ins, by outcome', 'outcome');
    this.ends = metrics.counter('watchword_sessions_ended_total', 'Sessions ended, by reason', 'reason');
    metrics.fromZero(this.refreshes, 'outcome', 'rotated', 'replayed', 'session_state_lost', 'unproven');
    metrics.fromZero(this.refreshes, 'outcome', 'reused_lost_response', 'reused_copied_client', 'reused_likely_theft');
    metrics.fromZero(this.logins, 'outcome', 'succeeded', 'wrong_password', 'unknown_address');
    this.spurious = metrics.counter('watchword_spurious_logouts_total', 'Estimate: honest clients logged out');
  }

  count(event: AuditEvent | FrequentEvent): void {
    switch (event.type) {
      case 'refresh.rotated':
        return this.refreshes.inc({ outcome: 'rotated' });
      case 'refresh.replayed':
        return this.refreshes.inc({ outcome: 'replayed' });
      case 'refresh.refused':
        return this.refreshes.inc({ outcome: event.code });
      case 'refresh.unproven':
        return this.refreshes.inc({ outcome: 'unproven' });
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
}
