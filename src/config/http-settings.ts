// The settings of HTTP: addresses, origins, proxies, metrics. A part of settings.ts.
import * as z from 'zod';
import { listenAddress, trustedProxies } from './addresses.js';
import { cookieDomain, headerName, integer, list, port } from './formats.js';
import { allowedOrigin, publicOrigin } from './origins.js';
import type { Setting } from './setting.js';

export const httpSettings = {
  HOST: {
    schema: listenAddress.default('127.0.0.1'),
    standard: '127.0.0.1',
    about: 'Address to listen on; 0.0.0.0 or :: listens on every network.',
  },
  PORT: { schema: port(0).default(3000), standard: '3000', about: 'Port to listen on.' },
  PUBLIC_URL: {
    schema: publicOrigin.optional(),
    standard: 'http://localhost:PORT',
    about:
      'The origin that clients use, without a path. Its scheme decides whether cookies are Secure; production requires https.',
  },
  COOKIE_DOMAIN: {
    schema: cookieDomain.optional(),
    about: 'Shares the access cookie with the subdomains of this domain. Leave it empty unless you need that.',
  },
  ALLOWED_ORIGINS: {
    schema: list(allowedOrigin).default([]),
    about:
      'Origins of browser apps that may call with cookies (CORS and CSRF), and of packaged ones (`capacitor://localhost`), separated by commas.',
  },
  CORS_ALLOWED_HEADERS: {
    schema: list(headerName).default([]),
    about:
      "Headers that pages of these origins may send besides `authorization`, `content-type` and W3C's `traceparent`, `tracestate` and `baggage`; separated by commas.",
  },
  TRUST_PROXY: {
    schema: trustedProxies.default(0),
    standard: 'none',
    about: "Whose X-Forwarded-For is trusted: `none`, a number of hops (at most 5), or the proxies' addresses (CIDR).",
  },
  KEEP_ALIVE_SECONDS: {
    schema: integer(1, 3_600).default(75),
    standard: '75',
    about:
      'How long an idle connection stays open. It must be longer than at the load balancer (60 at AWS and nginx, 600 at Google), or that sends requests into closed connections.',
  },
  FEED_FOLLOWERS: {
    schema: integer(4, 100_000).default(10_000),
    standard: '10000',
    about:
      'How many siblings may wait for the next revocation at a time, on each instance; one network holds a quarter of the places at most. Each needs an open connection.',
  },
  API_DOCS: {
    schema: z.enum(['on', 'off']).optional(),
    standard: 'on; in production off',
    about: 'Whether GET /docs shows the document of GET /openapi.json as a page.',
  },
  METRICS_PORT: {
    schema: port(1).optional(),
    standard: 'off',
    about:
      'Port of GET /metrics (Prometheus). Never publish it. In Kubernetes a Service named `metrics` sets it to an address, unless the pod has `enableServiceLinks: false`.',
  },
  METRICS_HOST: {
    schema: listenAddress.default('127.0.0.1'),
    standard: '127.0.0.1',
    about: 'Address that the metrics listen on; production requires a private one.',
  },
} satisfies Record<string, Setting>;
