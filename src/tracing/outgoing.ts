// A span for each request that the service sends by `fetch`: to whom, by a name of ours, and the status. Never its URL:
// that of the list of breached passwords holds the beginning of a hash. Node reports these requests on channels of its own.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Context, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { Config } from '../config/config.js';
import { fail, type Spans } from './spans.js';

interface Request {
  readonly origin?: string | URL;
  readonly method: string;
  addHeader(name: string, value: string): void;
}
interface Message {
  readonly request: Request;
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

/** @returns ends it */
export function traceOutgoing(config: Config, spans: Spans): () => void {
  const under = new WeakMap<Request, Span>();
  const peerOf = peers(config);
  const on: Record<string, (message: Message) => void> = {
    'undici:request:create': ({ request }) => {
      if (!spans.recording) return;
      const peer = peerOf(String(request.origin));
      const attributes = { 'http.request.method': request.method, 'peer.service': peer };
      const span = spans.begin(`${request.method} ${peer}`, { kind: SpanKind.CLIENT, attributes });
      under.set(request, span);
      // The receiver of alerts is the operator's own. Providers and lists are strangers, and learn no trace id.
      if (peer === 'alert_webhook') request.addHeader('traceparent', traceparentOf(trace.setSpan(spans.context, span)));
    },
    'undici:request:headers': ({ request, response }) => {
      if (response) under.get(request)?.setAttribute('http.response.status_code', response.statusCode);
    },
    'undici:request:trailers': ({ request }) => under.get(request)?.end(),
    'undici:request:error': ({ request, error }) => {
      const span = under.get(request);
      if (!span) return;
      fail(span, error);
      span.end();
    },
  };
  const listeners = Object.entries(on).map(
    ([name, listen]) => [name, (message: unknown) => listen(message as Message)] as const,
  );
  for (const [name, listener] of listeners) subscribe(name, listener);
  return () => {
    for (const [name, listener] of listeners) unsubscribe(name, listener);
  };
}

/** W3C Trace Context §3.2. */
function traceparentOf(context: Context): string {
  const { traceId, spanId, traceFlags } = trace.getSpanContext(context) ?? { traceId: '', spanId: '', traceFlags: 0 };
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`;
}

/** Names for whom the service asks, by origin. The hosts of providers are in their metadata, and not known before. */
function peers(config: Config): (origin: string) => string {
  const named = new Map<string, string>();
  const own = {
    alert_webhook: config.ALERT_WEBHOOK_URL,
    breached_passwords: config.PASSWORD_BREACH_URL,
    vault: config.KEY_ENCRYPTION_KEY_VAULT_URL,
  };
  for (const [name, url] of Object.entries(own))
    if (url !== undefined && URL.canParse(url)) named.set(new URL(url).origin, name);
  return (origin) => named.get(origin) ?? 'upstream';
}
