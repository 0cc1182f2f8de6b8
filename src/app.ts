// Builds the application, for the server and for the tests.
import { randomUUID } from 'node:crypto';
import cors from '@fastify/cors';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppModule } from './app.module.js';
import { Metrics } from './telemetry/metrics.js';
import type { Config } from './config/config.js';
import { ProcessModule, type Surroundings } from './telemetry/process.module.js';
import { NestLog } from './telemetry/log.js';
import { keepAgentsAscii } from './http/ascii-agents.js';
import { DatabasePool } from './database/database-pool.js';
import { acceptOnlyJson, BODY_LIMIT } from './http/body.js';
import { callerOf } from './http/caller.js';
import { answersInTime } from './http/answers-in-time.js';
import { costsHash } from './http/costs-hash.js';
import { Draining } from './runtime/draining.js';
import { BrokenRequests } from './http/broken-request.js';
import { assertHost } from './http/host-header.js';
import { QuickRefusal } from './http/quick-refusal.js';
import { metadataOfIssuerPath } from './http/issuer-path.js';
import { CrossSiteGuard } from './http/csrf.js';
import { EXPOSED_HEADERS } from './http/open-to-all.js';
import { securityHeaders, sendSecurityHeaders } from './http/security-headers.js';
import { Admission } from './limits/admission.js';
import { addressOf } from './limits/network.js';
import { Passwords } from './credentials/password/passwords.js';
import type { Tracing } from './tracing/tracing.js';
import { trustedProxies } from './http/trusted-proxies.js';

/** @param tracing what main.ts has loaded, where it is turned on */
export async function createApp(surroundings: Surroundings, tracing?: Tracing): Promise<NestFastifyApplication> {
  const { config, log } = surroundings;
  for (const warning of config.warnings) log.warn({ event: 'config.warning' }, warning);
  const root = { module: AppModule, imports: [ProcessModule.with(surroundings)] };
  const headers = securityHeaders({ byTls: config.hasSecureCookies });
  const broken = new BrokenRequests(log, headers);
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter(config, broken), {
    bodyParser: false,
    abortOnError: false,
    logger: new NestLog(log),
  });
  const server = app.getHttpAdapter().getInstance();
  broken.watch(app.getHttpServer());
  tracing?.watch(app, log);
  sendSecurityHeaders(server, headers);
  await allowOrigins(server, config); // before hooks that refuse, so that pages of listed origins can read the refusal
  acceptOnlyJson(server);
  guardEveryRequest(server, app);
  if (!app.get(DatabasePool).isUtf8) keepAgentsAscii(server);
  countEveryRequest(server, app.get(Metrics));
  try {
    await app.init();
    await server.ready();
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  return app;
}

/** A client that sends half a request can hold a connection for this long, and no other resource. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;

function adapter(config: Config, broken: BrokenRequests): FastifyAdapter {
  const rewriteUrl = metadataOfIssuerPath(config.issuer);
  return new FastifyAdapter({
    logger: false,
    bodyLimit: BODY_LIMIT,
    trustProxy: trustedProxies(config.TRUST_PROXY),
    keepAliveTimeout: config.KEEP_ALIVE_SECONDS * 1_000,
    genReqId: () => randomUUID(),
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false,
    multipart: false,
    http: { requireHostHeader: false, headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 2_000 },
    clientErrorHandler: broken.onClientError,
    frameworkErrors: broken.onRouterError,
    ...(rewriteUrl ? { rewriteUrl } : {}),
  });
}

/** Runs for every request, including those to routes that do not exist. */
function guardEveryRequest(server: FastifyInstance, app: NestFastifyApplication): void {
  const [guard, draining, passwords] = [app.get(CrossSiteGuard), app.get(Draining), app.get(Passwords)];
  const [admission, quickRefusal] = [app.get(Admission), app.get(QuickRefusal)];
  const { outages } = app.get(DatabasePool).pool;
  admission.onRefusal = () => outages.failed();
  const refuses = (request: FastifyRequest, reply: FastifyReply): boolean => {
    const retryAfter = admission.refuse();
    if (retryAfter !== undefined) quickRefusal.send(retryAfter, request, reply);
    return retryAfter !== undefined;
  };
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('cache-control', 'no-store').header('x-request-id', request.id);
    // Otherwise the client's next request on this connection could be cut off.
    if (draining.isDraining) reply.header('connection', 'close');
    assertHost(request.raw);
    guard.check(request);
    if (costsHash(request)) passwords.assertPlace({ network: addressOf(callerOf(request).ip) });
    // Before the body is read, which costs more than the refusal.
    if (answersInTime(request) && refuses(request, reply)) return;
    done();
  });
  // After the body has come: those who send half a request take no place, and all who send the rest at once get none.
  server.addHook('preHandler', (request, reply, done) => {
    if (answersInTime(request)) {
      if (refuses(request, reply)) return;
      admission.enter(request.id);
    }
    done();
  });
  // Not onResponse, which never comes for a client that has left. The work for it is over only now.
  server.addHook('onSend', (request, reply, payload, done) => {
    admission.leave(request.id, reply.statusCode < 300 && !reply.raw.destroyed);
    done(null, payload);
  });
}

function countEveryRequest(server: FastifyInstance, metrics: Metrics): void {
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.countRequest(request.method, route, reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });
}

/** W3C Trace Context and Baggage: browser tracers add these to every request. */
const TRACE_HEADERS = ['traceparent', 'tracestate', 'baggage'];

/**
 * Allows pages of the listed origins; a route can allow all origins (http/open-to-all.ts). Nest's `enableCors` sets its
 * headers on Node's response, which costs more (http/security-headers.ts).
 */
async function allowOrigins(server: FastifyInstance, config: Config): Promise<void> {
  await server.register(cors, {
    allowedHeaders: [
      'authorization',
      'content-type',
      'dpop',
      'if-match',
      'if-none-match',
      ...TRACE_HEADERS,
      ...config.CORS_ALLOWED_HEADERS,
    ],
    exposedHeaders: [...EXPOSED_HEADERS, 'etag', 'link'].join(', '),
    maxAge: 600,
    strictPreflight: false,
    origin: [...config.ALLOWED_ORIGINS],
    credentials: true,
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
  });
}
