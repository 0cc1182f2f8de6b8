// OpenTelemetry tracing, loaded only where it is turned on (main.ts). Everything is put around the finished application:
// its classes know nothing of spans, so that a service without tracing pays nothing for them.
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { Config } from '../config/config.js';
import { version } from '../config/version.js';
import { DatabasePool } from '../database/database-pool.js';
import { Redis } from '../redis/redis.js';
import { withTimeout } from '../runtime/with-timeout.js';
import type { Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';
import { traceActs } from './acts.js';
import { traceCommands } from './commands.js';
import { BoundedExport, openExporter, type Outcome } from './export.js';
import { traceOutgoing } from './outgoing.js';
import { traceRequests } from './requests.js';
import { OwnSampler } from './sampler.js';
import { Spans } from './spans.js';
import { traceStatements } from './statements.js';

/** The last spans get this long: a receiver that is away must not hold up the end of the process. */
const LAST_SPANS_MS = 1_000;

export class Tracing {
  private readonly provider: TracerProvider;
  private readonly spans: Spans;
  /** A gateway of the operator writes `traceparent` and `tracestate`, and drops what strangers send. */
  private readonly trustsCallers: boolean;
  private endOutgoing = () => {};

  private constructor(
    private readonly config: Config,
    private readonly queue: BoundedExport,
  ) {
    this.trustsCallers = config.OTEL_TRACES_SAMPLER.startsWith('parentbased_');
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({
        'service.version': version,
        ...config.OTEL_RESOURCE_ATTRIBUTES,
        'service.name': config.OTEL_SERVICE_NAME,
      }),
      sampler: new OwnSampler(config, this.trustsCallers),
      spanProcessors: [queue],
    });
    this.spans = new Spans(this.provider.getTracer('watchword', version));
  }

  static open(config: Config): Tracing {
    return new Tracing(config, new BoundedExport(openExporter(config)));
  }

  /** What a line of the log carries of the span that it was written in. */
  readonly logFields = (): { trace_id?: string; span_id?: string } => {
    const span = trace.getSpanContext(this.spans.context);
    return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
  };

  /** Call it once its parts are made, before other hooks and before it listens. */
  watch(app: NestFastifyApplication, log: Log): void {
    traceRequests(app.getHttpAdapter().getInstance(), this.spans, this.trustsCallers);
    traceStatements(app.get(DatabasePool, { strict: false }).pool, this.spans);
    traceCommands(app.get(Redis, { strict: false }), this.spans);
    traceActs(app, this.spans);
    this.endOutgoing = traceOutgoing(this.config, this.spans);
    const counted = app
      .get(Metrics)
      .counter('watchword_spans_total', 'Spans of traces, by what became of them', 'outcome');
    let hasFailed = false;
    this.queue.report = (outcome: Outcome, spans, reason) => {
      counted.inc({ outcome }, spans);
      if (outcome === 'failed' && !hasFailed) log.warn({ event: 'tracing.export_failed', reason });
      if (outcome !== 'dropped') hasFailed = outcome === 'failed';
    };
  }

  /** Sends the last spans, or gives them up. */
  async end(): Promise<void> {
    this.endOutgoing();
    await withTimeout(LAST_SPANS_MS, this.provider.shutdown()).catch(() => undefined);
  }
}
