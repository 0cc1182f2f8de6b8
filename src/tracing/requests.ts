// A span for each request: its method, the pattern of its route, the status and the code of a refusal. Never its URL, its
// headers, its address or its user.
import { defaultTextMapGetter, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refusalCodes } from '../errors.js';
import type { Spans } from './spans.js';

/** Probes come every few seconds and would hide the rest. */
const isProbe = (route: string | undefined) => route?.startsWith('/health/') === true;

/** Call it before any hook that may refuse. */
export function traceRequests(server: FastifyInstance, spans: Spans, trustsCallers: boolean): void {
  const contexts = new WeakMap<FastifyRequest, Context>();
  const codes = new WeakMap<FastifyRequest, string>();
  const incoming = new W3CTraceContextPropagator();

  server.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url;
    if (isProbe(route)) return done();
    // What is malformed is ignored, and a new trace begins (W3C Trace Context §4.3).
    // `tracestate` is text that its sender chooses, and would be kept with every span.
    const { traceparent } = request.headers;
    const sent = trustsCallers ? request.headers : { traceparent };
    const parent = incoming.extract(ROOT_CONTEXT, sent, defaultTextMapGetter);
    const attributes = { 'http.request.method': request.method, ...(route ? { 'http.route': route } : {}) };
    const span = spans.begin([request.method, route].join(' ').trim(), { kind: SpanKind.SERVER, attributes }, parent);
    if (!span.isRecording()) return done();
    const context = trace.setSpan(parent, span);
    contexts.set(request, context);
    reply.raw.once('close', () => {
      const { statusCode: status } = reply;
      const code = codes.get(request) ?? (reply.raw.writableFinished ? undefined : 'client_gone');
      span.setAttribute('http.response.status_code', status);
      if (code !== undefined) span.setAttribute('error.type', code);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    spans.within(context, done);
  });
  // The body arrives in events of the socket, which know nothing of the request.
  server.addHook('preValidation', (request, _reply, done) => {
    const context = contexts.get(request);
    if (context) spans.within(context, done);
    else done();
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    if (reply.statusCode >= 400) codes.set(request, refusalOf(payload));
    done(null, payload);
  });
}

const known = new Set<string>(refusalCodes);

function refusalOf(payload: unknown): string {
  const code = typeof payload === 'string' ? /"code":"(\w+)"/.exec(payload)?.[1] : undefined;
  return code !== undefined && known.has(code) ? code : '_OTHER';
}
