// The figures of this process, as Prometheus reads them. docs/operations/metrics.md says what each
// one means.
import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly requests = this.histogram();
  private readonly purged = this.counter('watchword_purged_rows_total', 'Dead rows removed, by kind', 'kind');

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  countRequest(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status: String(status) }, seconds);
  }

  countPurged(kind: string, rows: number): void {
    this.purged.inc({ kind }, rows);
  }

  counter<Label extends string = never>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /**
   * A series that begins with its first event hides it: `increase()` sees no growth. What an alert
   * watches begins at 0.
   */
  fromZero<Label extends string>(counter: Counter<Label>, label: Label, ...values: readonly string[]): Counter<Label> {
    for (const value of values) counter.inc({ [label]: value } as Partial<Record<Label, string>>, 0);
    return counter;
  }

  /**
   * A figure that is read when Prometheus asks; a label value that `read` no longer returns is no
   * longer shown.
   */
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
