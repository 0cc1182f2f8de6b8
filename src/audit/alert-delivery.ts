// Delivers the alerts to ALERT_WEBHOOK_URL, in the format of Standard Webhooks
// (github.com/standard-webhooks/standard-webhooks, spec 1.0.0).
import { createHmac } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Log } from '../telemetry/log.js';
import { type Claimed, ClaimedRows, type Failure, type Try } from '../database/claimed-rows.js';
import { Database } from '../database/database.js';
import { alertDeliveries } from '../database/schema/audit.js';
import { Periodic } from '../runtime/periodic.js';
import { Alerts } from './alerts.js';
import { Metrics } from '../telemetry/metrics.js';

const EVERY_MS = 2_000;
const POST_TIMEOUT_MS = 5_000;
const CLAIM_SECONDS = 30;
/** An alert that is older is tried once more, and then goes. */
const GIVE_UP_MS = 7 * 86_400_000;
/** The pause after the first failure; it doubles with each further one. */
const FIRST_PAUSE_SECONDS = 5;
const MAX_PAUSE_SECONDS = 3_600;

interface Alert extends Claimed {
  readonly payload: { type: string; data: Record<string, unknown> };
}

@Injectable()
export class AlertDelivery implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Periodic;
  private readonly deliveries;

  constructor(
    database: Database,
    private readonly alerts: Alerts,
    private readonly config: Config,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.deliveries = metrics.counter('watchword_alert_deliveries_total', 'Posts to ALERT_WEBHOOK_URL', 'outcome');
    metrics.fromZero(this.deliveries, 'outcome', 'delivered', 'failed', 'given_up');
    const options = { everyMs: EVERY_MS, failureEvent: 'alert.look_failed', log };
    const rows = new ClaimedRows<Alert>(database, alertDeliveries, {
      partition: alertDeliveries.userId,
      isLate: ({ created_at, claimed_at }) => claimed_at.getTime() - created_at.getTime() > GIVE_UP_MS,
      claimSeconds: CLAIM_SECONDS,
      pauseSeconds: (attempts) => Math.min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), MAX_PAUSE_SECONDS),
      attempt: (alert) => this.post(alert),
      report: (tried) => this.report(tried),
    });
    this.rounds = new Periodic(options, () => rows.tryDue(() => this.rounds.isEnding));
  }

  onApplicationBootstrap(): void {
    if (!this.config.ALERT_WEBHOOK_URL) return;
    this.rounds.start();
    this.alerts.onNew = () => this.rounds.ask();
  }

  beforeApplicationShutdown(): Promise<void> {
    this.alerts.onNew = () => undefined;
    return this.rounds.stop();
  }

  private report({ row, outcome, reason }: Try<Alert>): void {
    const name = { alertId: row.id, attempts: row.attempts };
    this.deliveries.inc({ outcome: outcome === 'done' ? 'delivered' : outcome });
    if (outcome === 'given_up') this.log.error({ event: 'alert.given_up', ...name, reason });
    else if (outcome === 'failed') this.log.warn({ event: 'alert.delivery_failed', ...name, reason });
    else this.log.info({ event: 'alert.delivered', ...name });
  }

  /** @returns why it did not arrive, undefined when it did */
  async post({ id, payload: { type, data }, created_at, claimed_at }: Alert): Promise<Failure | undefined> {
    const body = JSON.stringify({ type, timestamp: created_at.toISOString(), data });
    const sentAt = Math.floor(claimed_at.getTime() / 1_000);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(sentAt),
      'webhook-signature': `v1,${this.signatureOf(`${id}.${sentAt}.${body}`)}`,
    };
    try {
      // Redirects are not followed: what is signed for one receiver is not for another (ASVS
      // 15.3.2).
      const given = {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(POST_TIMEOUT_MS),
      } as const;
      const answer = await fetch(this.config.ALERT_WEBHOOK_URL ?? '', given);
      await answer.body?.cancel();
      return answer.ok ? undefined : { reason: `status ${answer.status}` };
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } };
      return { reason: cause?.code ?? (error instanceof Error ? error.name : 'unknown') };
    }
  }

  private signatureOf(text: string): string {
    const secret = Buffer.from((this.config.ALERT_WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64');
    return createHmac('sha256', secret).update(text).digest('base64');
  }
}
