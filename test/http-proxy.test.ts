// The faulty network of the tests of clients: what it loses is lost, and what it passes is unchanged.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { always, drawn, type HttpProxy, next, scheduled, startHttpProxy } from './support/http-proxy.js';
import { until } from './support/until.js';

interface Heard {
  readonly line: string;
  readonly body: string;
  readonly host: string | undefined;
}

let heard: Heard[] = [];
let server: Server;
let proxy: HttpProxy;
beforeAll(async () => {
  server = createServer((incoming, outgoing) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    incoming.on('end', () => {
      heard.push({ line: `${incoming.method} ${incoming.url}`, body, host: incoming.headers.host });
      outgoing.setHeader('set-cookie', ['a=1; HttpOnly', 'b=2']);
      outgoing.end(`number ${heard.length} ${body}`);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  proxy = await startHttpProxy((server.address() as AddressInfo).port);
});
afterAll(async () => {
  await proxy.stop();
  server.close();
});
beforeEach(() => {
  proxy.heal();
  heard = [];
});

const post = async (path = '/refresh', body = 'x') => {
  const answer = await fetch(proxy.url + path, { method: 'POST', body });
  return { status: answer.status, text: await answer.text(), cookies: answer.headers.getSetCookie() };
};
const broken = (act: Promise<unknown>) => act.then(() => false).catch(() => true);

describe('the faulty network', () => {
  it('passes a request with its host, body and query, and an answer with each of its cookies', async () => {
    expect(await post('/refresh?a=b')).toEqual({ status: 200, text: 'number 1 x', cookies: ['a=1; HttpOnly', 'b=2'] });
    expect(heard).toEqual([{ line: 'POST /refresh?a=b', body: 'x', host: `127.0.0.1:${proxy.port}` }]);
  });

  it('loses a request before the service receives it, or its answer after the service has acted', async () => {
    proxy.rules.push(next(/^POST/, { do: 'lose request' }, { do: 'lose answer' }));
    expect(await broken(post())).toBe(true);
    expect(heard).toHaveLength(0);
    expect(await broken(post())).toBe(true);
    expect(heard).toHaveLength(1);
    expect((await post()).text).toBe('number 2 x');
  });

  it('delivers the headers and a part of the body before the connection ends', async () => {
    proxy.rules.push(next(/^POST/, { do: 'lose answer', share: 0.5 }));
    const answer = await fetch(proxy.url, { method: 'POST', body: 'x' });
    expect(answer.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
    expect(await broken(answer.text())).toBe(true);
  });

  it('lets a newer answer overtake an older one', async () => {
    proxy.rules.push(next(/^POST/, { do: 'reorder', atMostMs: 20_000 }, { do: 'pass' }));
    const arrivals: string[] = [];
    const first = post().then(({ text }) => arrivals.push(text));
    await until('the first is held', () => heard.length === 1);
    const second = post().then(({ text }) => arrivals.push(text));
    await Promise.all([first, second]);
    expect(arrivals).toEqual(['number 2 x', 'number 1 x']);
  });

  it('sends a request twice, and its client receives the first answer', async () => {
    proxy.rules.push(next(/^POST/, { do: 'duplicate' }));
    expect((await post()).text).toBe('number 1 x');
    await until('the copy has arrived', () => heard.length === 2);
  });

  it('delays requests and answers, and gives out what it holds when it heals', async () => {
    proxy.rules.push(next(/^POST/, { do: 'delay answer', ms: 60_000 }, { do: 'delay request', ms: 60_000 }));
    const late = [post('/answer')];
    await until('the service has answered', () => heard.length === 1);
    late.push(post('/request'));
    await until('both have arrived', () => proxy.exchanges.at(-1)?.path === '/request');
    expect(heard).toHaveLength(1);
    proxy.heal();
    expect((await Promise.all(late)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('answers by itself, for the requests of the rule only', async () => {
    const headers = { 'retry-after': '7' };
    proxy.rules.push(always(/^POST \/refresh/, { do: 'answer', status: 429, headers }));
    expect((await post()).status).toBe(429);
    expect(heard).toHaveLength(0);
    expect((await post('/other')).status).toBe(200);
  });

  it('answers 502 while the service is away, and breaks every connection while it is cut', async () => {
    const { target } = proxy;
    proxy.target = 1;
    expect((await post()).status).toBe(502);
    proxy.target = target;
    proxy.cut();
    expect(await broken(post())).toBe(true);
    proxy.heal();
    // A pooled connection of the client may still turn out to be broken.
    await until('it is heard again', async () => (await post()).status === 200);
  });

  it('draws the same faults again from the same seed, and a share of them as asked for', () => {
    const request = { method: 'POST', path: '/', headers: {}, body: Buffer.of() };
    const draw = (seed: number) => {
      const rule = scheduled(/^/, seed, 0.3, [{ do: 'lose request' }, { do: 'lose answer' }]);
      return Array.from({ length: 2_000 }, () => rule.meet(request)?.do);
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
    const count = (what: string) => draw(5).filter((each) => each === what).length;
    for (const what of ['lose request', 'lose answer']) expect(Math.abs(count(what) - 300)).toBeLessThan(75);
    const mean = Array.from({ length: 2_000 }, (_, n) => drawn(9, n)).reduce((sum, each) => sum + each) / 2_000;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
  });
});
