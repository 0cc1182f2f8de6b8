// A server that renders pages acts as the person of one request, by the cookies that the browser sent it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../packages/client/src/server.js';
import { Browser } from './support/client.js';
import { type Service, startService } from './support/service.js';
import { closedLater, eventsOf } from './support/web-client.js';

let service: Service;
beforeAll(async () => void (service = await startService()));
afterAll(() => service.stop());

/** The client of one request that a browser sends to the rendering server. */
function rendering(browser: Browser, path: string, apis: string[] = []) {
  const lines: string[] = [];
  const cookies = {
    get: () => `theme=dark; ${browser.cookiesFor(path)}`,
    set: (line: string) => void lines.push(line),
  };
  const auth = closedLater(createClient({ issuer: service.url, apis, cookies }));
  return { auth, lines, events: eventsOf(auth) };
}

describe('a rendering server', () => {
  it('knows who is signed in, by the cookies of the request', async () => {
    const browser = await Browser.signedIn(service.url);
    const { auth, lines } = rendering(browser, '/');
    expect(await auth.restore()).toMatchObject({ role: 'user' });
    expect(lines).toEqual([]);
    expect(await rendering(new Browser(service.url), '/').auth.restore()).toBeNull();
  });

  it('does not take an expired access token for the end: it has no refresh cookie, and the browser has', async () => {
    const browser = await Browser.signedIn(service.url);
    browser.jar.delete('access_token');
    const { auth, lines, events } = rendering(browser, '/');
    await expect(auth.restore()).rejects.toMatchObject({ status: 401, code: 'token_expired' });
    await auth.refresh();
    expect([lines, events]).toEqual([[], []]);
    expect((await browser.go('POST', '/auth/refresh')).status).toBe(200);
  });

  it('refreshes where the browser sends the refresh cookie, and hands the new cookies on', async () => {
    const browser = await Browser.signedIn(service.url);
    browser.jar.delete('access_token');
    const { auth, lines } = rendering(browser, '/auth/refresh');
    expect(await auth.restore()).toMatchObject({ role: 'user' });
    expect(lines.map((line) => line.split('=')[0]).toSorted()).toEqual([
      'access_token',
      'auth_session',
      'refresh_token',
    ]);
    browser.absorb({ cookies: lines } as never);
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
    expect((await browser.go('POST', '/auth/refresh')).json['session']).toMatchObject({ generation: 2 });
  });

  it('clears the cookies of a browser that signs out', async () => {
    const browser = await Browser.signedIn(service.url);
    const { auth, lines } = rendering(browser, '/auth/refresh');
    await auth.signOut();
    browser.absorb({ cookies: lines } as never);
    expect([...browser.jar.keys()], 'the device stays known').toEqual(['device']);
    expect(await auth.restore()).toBeNull();
  });

  it('sends the issuer only our cookies, each where it belongs, and an API only the access token', async () => {
    const heard: (string | undefined)[] = [];
    const api = createServer((request, response) => {
      heard.push(request.headers.cookie);
      response.setHeader('set-cookie', 'api=1');
      response.end();
    });
    await new Promise<void>((done) => api.listen(0, '127.0.0.1', done));
    const apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    const browser = await Browser.signedIn(service.url);
    const { auth, lines } = rendering(browser, '/auth/refresh', [apiUrl]);
    await auth.fetch(`${apiUrl}/auth/refresh`);
    await new Promise((done) => api.close(done).closeAllConnections());
    expect(heard).toEqual([`access_token=${browser.cookie('access_token')?.value}`]);
    expect(lines, 'cookies of an API are not handed on').toEqual([]);

    const sent: string[] = [];
    const cookies = { get: () => `theme=dark; ${browser.cookiesFor('/auth/refresh')}`, set: () => undefined };
    const spy = createClient({
      issuer: service.url,
      cookies,
      fetch: (input, init) => {
        sent.push(new Headers(init?.headers).get('cookie') ?? '');
        return fetch(input, init);
      },
    });
    await spy.fetch('/auth/me');
    await spy.refresh();
    const names = sent.map((header) =>
      header
        .replaceAll(/=[^;]*/g, '')
        .split('; ')
        .toSorted(),
    );
    const everywhere = ['access_token', 'auth_session', 'device'];
    expect(names).toEqual([everywhere, [...everywhere, 'refresh_token']]);
  });
});
