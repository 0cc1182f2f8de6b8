// C6 in a real Chromium: which origins the client sends credentials to. The hosts are of one site, and the access cookie
// is shared by COOKIE_DOMAIN, so that nothing but the client keeps it from any of them.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { loopbackCertificate } from '../support/certificate.js';
import { startBrowser } from '../support/chromium.js';
import { register } from '../support/client.js';
import { startSites } from './support/sites.js';

let browser: Browser;
let client: string;
beforeAll(async () => {
  browser = await startBrowser();
  const entryPoints = [new URL('../../packages/client/src/main.ts', import.meta.url).pathname];
  const options = { bundle: true, write: false, format: 'iife', globalName: 'watchword' } as const;
  client = (await build({ entryPoints, ...options })).outputFiles[0]!.text;
});
afterAll(() => browser?.close());

/** APIs of any name on one port, which allow pages of the app to send credentials, and write down what arrives. */
async function startApis(app: string) {
  const arrived: string[] = [];
  const server = createServer(loopbackCertificate(), ({ method, url = '', headers }, response) => {
    response.setHeader('access-control-allow-origin', app).setHeader('access-control-allow-credentials', 'true');
    response.setHeader('access-control-allow-headers', 'authorization');
    if (method === 'OPTIONS') return response.writeHead(204).end();
    const credentials = /access_token/.test(headers.cookie ?? '') ? 'cookie' : (headers.authorization ?? 'nothing');
    arrived.push(`${headers.host?.split('.')[0]} ${credentials.split(' ')[0]}`);
    const [, to] = url.split('?to=');
    if (to !== undefined) response.setHeader('location', decodeURIComponent(to));
    return response.writeHead(to === undefined ? 200 : 307).end();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const at = (name: string) => `https://${name}.site.localhost:${port}`;
  return { listed: at('listed'), other: at('other'), arrived };
}

interface InPage {
  readonly watchword: {
    memoryStorage(): object;
    createClient(options: object): {
      signIn(person: object): Promise<unknown>;
      fetch(input: string): Promise<Response>;
    };
  };
}

it.each([
  ['cookie', 'cookie'],
  ['bearer', 'Bearer'],
])('by %s a listed origin gets credentials, and another never, redirects included', async (transport, sent) => {
  const sites = await startSites({ COOKIE_DOMAIN: 'site.localhost' });
  const { listed, other, arrived } = await startApis(sites.app);
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`${sites.app}/blank`);
  await page.addScriptTag({ content: client });
  const to = encodeURIComponent(`${other}/`);
  const outcomes = await page.evaluate(
    async ({ options, person, urls }) => {
      const { watchword } = globalThis as unknown as InPage;
      const storage = options.transport === 'bearer' ? watchword.memoryStorage() : undefined;
      const auth = watchword.createClient({ ...options, storage });
      await auth.signIn(person);
      const came: string[] = [];
      for (const url of urls)
        came.push(
          await auth.fetch(url).then(
            ({ status }) => String(status),
            () => 'refused',
          ),
        );
      return came;
    },
    {
      options: { issuer: sites.issuer, transport, apis: [listed] },
      person: await register(sites.service.url),
      urls: [`${listed}/`, `${other}/`, `${listed}/?to=${to}`, `${sites.issuer}/auth/me`],
    },
  );
  expect(outcomes).toEqual(['200', '200', 'refused', '200']);
  expect(arrived).toEqual([`listed ${sent}`, 'other nothing', `listed ${sent}`]);
});
