// Serves the issuer, an app of ours, a sibling that is hostile, and foreign sites on one port, over TLS as in production.
// Chromium resolves every name under localhost to loopback.
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { loopbackCertificate } from '../../support/certificate.js';
import { freePort } from '../../support/process.js';
import { type Service, startServiceForTest } from '../../support/service.js';

/** A request that reached the issuer. */
interface Arrival {
  readonly method: string;
  readonly path: string;
  readonly from: string | undefined;
  readonly cookies: readonly string[];
  readonly status: number;
}

export interface Sites {
  readonly issuer: string;
  /** Listed in ALLOWED_ORIGINS, and of the issuer's site. */
  readonly app: string;
  /** Of the issuer's site, and not listed. */
  readonly sibling: string;
  /** Of other sites. */
  readonly foreign: readonly string[];
  readonly service: Service;
  readonly arrivals: Arrival[];
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>A page</title><script>
${readFileSync(new URL('../pages/attempts.js', import.meta.url), 'utf8')}</script><body>`;

export async function startSites(settings: Record<string, string> = {}): Promise<Sites> {
  const arrivals: Arrival[] = [];
  let behind = '';
  const server = createServer(loopbackCertificate(), (incoming, response) => {
    if (incoming.headers.host?.startsWith('auth.') && incoming.url !== '/blank')
      forward(behind, incoming, response, arrivals);
    else response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const at = (host: string) => `https://${host}:${port}`;
  const [issuer, app] = [at('auth.site.localhost'), at('app.site.localhost')];
  const service = await startServiceForTest({
    PORT: String(await freePort()),
    PUBLIC_URL: issuer,
    ALLOWED_ORIGINS: app,
    ...settings,
  });
  behind = service.url;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const [sibling, foreign] = [at('evil.site.localhost'), [at('evil.localhost'), at('127.0.0.1')]];
  return { issuer, app, sibling, foreign, service, arrivals };
}

function forward(to: string, incoming: IncomingMessage, response: ServerResponse, arrivals: Arrival[]): void {
  const { method = '', url: path = '', headers } = incoming;
  const cookies = (headers.cookie ?? '').split('; ').map((pair) => pair.split('=')[0] ?? '');
  const outgoing = request(to + path, { method, headers }, (answer) => {
    const status = answer.statusCode ?? 0;
    arrivals.push({ method, path, from: headers.origin, cookies, status });
    response.writeHead(status, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
}
