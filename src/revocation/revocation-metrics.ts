// The figures of the revocation check.
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../telemetry/metrics.js';

@Injectable()
export class RevocationMetrics {
  /** Age of the oldest row that the last round found. */
  outboxLagSeconds = 0;
  private readonly verdicts: Counter<'source'>;
  private readonly leaseLosses: Counter;

  constructor(private readonly metrics: Metrics) {
    const registers = [metrics.registry];
    this.verdicts = new Counter({
      name: 'watchword_verdicts_total',
      help: 'Checks of access tokens, by what decided them',
      labelNames: ['source'],
      registers,
    });
    this.leaseLosses = new Counter({
      name: 'watchword_verdict_lease_losses_total',
      help: 'Verdicts that were read but not written to Redis, because somebody revoked meanwhile or Redis forgot',
      registers,
    });
    const lag: Gauge = new Gauge({
      name: 'watchword_revocation_outbox_lag_seconds',
      help: 'How long the oldest revocation waits to be told to Redis',
      registers,
      collect: () => lag.set(this.outboxLagSeconds),
    });
  }

  countVerdict(source: 'postgres' | 'redis' | 'rebuild' | 'redis_error'): void {
    this.verdicts.inc({ source });
  }

  countLeaseLoss(): void {
    this.leaseLosses.inc();
  }

  watchBreaker(isOpen: () => boolean): void {
    this.metrics.watch('watchword_redis_breaker', '1 while Redis is left alone after errors', () => ({
      open: isOpen() ? 1 : 0,
    }));
  }
}
