// Makes spans around work, and knows the span that the present work belongs to. Names and attributes are ours: nothing
// that a caller sent, and of an error its code alone.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { Refusal } from '../errors.js';
import { withoutStatement } from '../runtime/reason.js';

export interface Shape {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  readonly links?: Link[];
}

export class Spans {
  /** Not the global one of the API: two applications in one process must not record each other's work. */
  private readonly storage = new AsyncLocalStorage<Context>();

  constructor(private readonly tracer: Tracer) {}

  get context(): Context {
    return this.storage.getStore() ?? ROOT_CONTEXT;
  }

  within<T>(context: Context, work: () => T): T {
    return this.storage.run(context, work);
  }

  /** The span of the present work, as far as it is recorded and not over. */
  get recording(): Span | undefined {
    const span = trace.getSpan(this.context);
    return span?.isRecording() ? span : undefined;
  }

  begin(name: string, { kind = SpanKind.INTERNAL, ...shape }: Shape, parent: Context = this.context): Span {
    return this.tracer.startSpan(name, { kind, ...shape }, parent);
  }

  /** A span within the one of the present work; none if that is not recorded. */
  around<T>(name: string, shape: Shape, work: () => Promise<T>): Promise<T> {
    return this.recording ? this.run(this.begin(name, shape), this.context, work) : work();
  }

  /** A trace of its own, for work that no request waits for. */
  apart<T>(name: string, shape: Shape, work: () => Promise<T>): Promise<T> {
    return this.run(this.begin(name, shape, ROOT_CONTEXT), ROOT_CONTEXT, work);
  }

  async run<T>(span: Span, parent: Context, work: () => Promise<T>): Promise<T> {
    try {
      return await this.within(trace.setSpan(parent, span), work);
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }
}

/** A refusal of the caller's is an outcome; whatever is the service's own fault is an error. */
export function fail(span: Span, error: unknown): void {
  const isOwnFault = !(error instanceof Refusal) || error.status >= 500;
  span.setAttribute('error.type', codeOf(error));
  if (isOwnFault) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Never a message: it may quote a statement's values, an address or what the caller sent. */
export function codeOf(thrown: unknown): string {
  const error = withoutStatement(thrown);
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  for (const text of [code, name]) if (typeof text === 'string' && /^[A-Za-z0-9_]{1,40}$/.test(text)) return text;
  return '_OTHER';
}
