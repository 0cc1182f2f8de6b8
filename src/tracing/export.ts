// Sends finished spans in batches, a bounded number of them: a receiver that is slow, silent or away costs spans, and never
// a request, the memory or the end of the process.
import type { Context } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type Span,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Config } from '../config/config.js';
import { codeOf } from './spans.js';

const MAX_WAITING = 2_048;
const BATCH = 512;
const EVERY_MS = 5_000;
const EXPORT_MS = 10_000;

export type Outcome = 'exported' | 'failed' | 'dropped';
type Report = (outcome: Outcome, spans: number, reason?: string) => void;

/** Certificates and compression the library reads from the environment by itself. */
export function openExporter(config: Config): SpanExporter {
  const Exporter = config.OTEL_EXPORTER_OTLP_PROTOCOL === 'http/json' ? JsonExporter : ProtobufExporter;
  const headers = config.OTEL_EXPORTER_OTLP_HEADERS ?? {};
  return new Exporter({ url: config.tracesUrl ?? '', headers, timeoutMillis: EXPORT_MS });
}

export class BoundedExport implements SpanProcessor {
  report: Report = () => undefined;
  private waiting = 0;
  private readonly batches: BatchSpanProcessor;

  constructor(exporter: SpanExporter) {
    this.batches = new BatchSpanProcessor({
      exporter: this.watched(exporter),
      maxQueueSize: MAX_WAITING,
      maxExportBatchSize: BATCH,
      scheduledDelayMillis: EVERY_MS,
      exportTimeoutMillis: EXPORT_MS,
    });
  }

  private watched(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) => {
        this.waiting -= spans.length;
        exporter.export(spans, (result: ExportResult) => {
          const isDone = result.code === ExportResultCode.SUCCESS;
          this.report(isDone ? 'exported' : 'failed', spans.length, isDone ? undefined : codeOf(result.error));
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
    };
  }

  onStart(span: Span, parent: Context): void {
    this.batches.onStart(span, parent);
  }

  onEnd(span: ReadableSpan): void {
    // The queue of the library has the same bound, and tells nobody what it drops.
    if (this.waiting >= MAX_WAITING) return this.report('dropped', 1);
    this.waiting++;
    this.batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.batches.shutdown();
  }
}
