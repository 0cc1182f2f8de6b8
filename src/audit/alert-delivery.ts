// Who carries the alerts to ALERT_WEBHOOK_URL? Any instance; a row is claimed for a while, so a crash only delays it.
// The format is Standard Webhooks' (github.com/standard-webhooks/standard-webhooks, spec 1.0.0).
import { createHmac } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { Log } from '../telemetry/log.js';
import { Database } from '../database/database.js';
import { alertDeliveries } from '../database/schema.js';
import { Periodic } from '../runtime/periodic.js';
import { Alerts } from './alerts.js';
import { Metrics } from '../telemetry/metrics.js';

const EVERY_MS = 2_000;
const POST_TIMEOUT_MS = 5_000;
const BATCH = 10;
/** A claimed row is another instance's again after this long. */
const CLAIM_SECONDS = 30;
/** 5 s, 10 s, 20 s … an hour, for a week. */
const FIRST_PAUSE_SECONDS = 5;
const MAX_PAUSE_SECONDS = 3_600;
const GIVE_UP_DAYS = 7;

type Claimed = Record<string, unknown> & {
  user_id: string;
  id: string;
  payload: { type: string; data: Record<string, unknown> };
  created_at: string;
  attempts: number;
  is_late: boolean;
};

@Injectable()
export class AlertDelivery implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Periodic;
  private readonly deliveries;

  constructor(
    private readonly database: Database,
    private readonly alerts: Alerts,
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.deliveries = metrics.counter('watchword_alert_deliveries_total', 'Posts to ALERT_WEBHOOK_URL', 'outcome');
    const options = { everyMs: EVERY_MS, failureEvent: 'alert.look_failed', log };
    this.rounds = new Periodic(options, () => this.deliverDue());
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

  private async deliverDue(): Promise<void> {
    let claimed: Claimed[];
    do {
      claimed = await this.claim();
      await Promise.all(claimed.map((alert) => this.deliver(alert)));
    } while (claimed.length === BATCH && !this.rounds.isEnding);
  }

  private async claim(): Promise<Claimed[]> {
    const { rows } = await this.database.execute<Claimed>(sql`
      update ${alertDeliveries} a
         set attempts = attempts + 1, next_attempt_at = now + make_interval(secs => ${CLAIM_SECONDS})
        from protocol_now() as now
       where (a.user_id, a.id) in (
         select user_id, id from ${alertDeliveries} where next_attempt_at <= protocol_now()
          order by next_attempt_at limit ${BATCH} for update skip locked)
      returning a.user_id, a.id, a.payload, a.created_at, a.attempts,
                a.created_at < now - make_interval(days => ${GIVE_UP_DAYS}) as is_late`);
    return rows;
  }

  private async deliver(alert: Claimed): Promise<void> {
    const reason = await this.post(alert);
    const isGivenUp = reason !== undefined && alert.is_late;
    const name = { alertId: alert.id, attempts: alert.attempts };
    this.deliveries.inc({ outcome: reason === undefined ? 'delivered' : isGivenUp ? 'given_up' : 'failed' });
    if (isGivenUp) this.log.error({ event: 'alert.given_up', ...name, reason });
    else if (reason) this.log.warn({ event: 'alert.delivery_failed', ...name, reason });
    else this.log.info({ event: 'alert.delivered', ...name });
    await (reason === undefined || isGivenUp ? this.remove(alert) : this.postpone(alert));
  }

  /** @returns why it did not arrive, undefined when it did */
  private async post({ id, payload: { type, data }, created_at }: Claimed): Promise<string | undefined> {
    const body = JSON.stringify({ type, timestamp: new Date(created_at).toISOString(), data });
    const sentAt = Math.floor(this.clock.now().getTime() / 1_000);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(sentAt),
      'webhook-signature': `v1,${this.signatureOf(`${id}.${sentAt}.${body}`)}`,
    };
    try {
      // Redirects are not followed: what is signed for one receiver is not for another (ASVS 15.3.2).
      const given = {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(POST_TIMEOUT_MS),
      } as const;
      const answer = await fetch(this.config.ALERT_WEBHOOK_URL ?? '', given);
      await answer.body?.cancel();
      return answer.ok ? undefined : `status ${answer.status}`;
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } };
      return cause?.code ?? (error instanceof Error ? error.name : 'unknown');
    }
  }

  private signatureOf(text: string): string {
    const secret = Buffer.from((this.config.ALERT_WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64');
    return createHmac('sha256', secret).update(text).digest('base64');
  }

  private async remove({ user_id, id }: Claimed): Promise<void> {
    await this.database.execute(sql`delete from ${alertDeliveries} where user_id = ${user_id} and id = ${id}`);
  }

  private async postpone({ user_id, id, attempts }: Claimed): Promise<void> {
    const pause = Math.min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), MAX_PAUSE_SECONDS);
    await this.database.execute(sql`
      update ${alertDeliveries} set next_attempt_at = protocol_now() + make_interval(secs => ${pause})
       where user_id = ${user_id} and id = ${id}`);
  }
}
