// When a refresh is tried again, and who is told what, on a clock of the test.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient } from './client.js';
import { memoryStorage, type Stored } from './storage.js';

const issuer = 'https://auth.example.com';
const api = 'https://api.example.com';
const user = { id: 'u', email: 'a@example.com', role: 'user', emailVerified: true };
const tokens = (generation: number) => ({
  user,
  session: { id: 's', generation },
  expiresIn: 900,
  refreshIn: 600,
  accessToken: `access ${generation}`,
  refreshToken: `refresh ${generation}`,
});
const problem = (status: number, body: object, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json', ...headers } });

type Answer = () => Response | Promise<Response>;

/** A client that is signed in and whose next requests are answered one by one; the last answer repeats. */
async function client(answers: Answer[], options: object = {}) {
  const tries: number[] = [];
  const startedAt = Date.now();
  const fetch = async (input: unknown, init: RequestInit = {}) => {
    if (String(input).startsWith(api)) return problem(401, { code: 'token_expired', session: 'keep' });
    if (!String(input).endsWith('/auth/refresh')) return new Response(new Headers(init.headers).get('authorization'));
    tries.push(Date.now() - startedAt);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return answer?.() ?? Response.error();
  };
  const storage = memoryStorage();
  await storage.save({ tokens: { ...tokens(0), expiresAt: startedAt + 900_000, refreshAt: startedAt + 600_000 } });
  const auth = createClient({ issuer, transport: 'bearer', storage, fetch, ...options });
  const events: string[] = [];
  auth.subscribe(({ type }) => events.push(type));
  return { auth, tries, events, storage };
}

const lost: Answer = () => Promise.reject(new TypeError('fetch failed'));
const good: Answer = () => Response.json(tokens(1));

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0); // no jitter
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a refresh', () => {
  it('is tried again after 0.5 s, 1 s, 2 s and so on, at most every 16 s, until it is decided', async () => {
    const { auth, tries, events } = await client([lost, lost, lost, lost, lost, lost, lost, good]);
    const done = auth.refresh();
    await vi.advanceTimersByTimeAsync(60_000);
    await done;
    expect(tries).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500, 47_500]);
    expect(events).toEqual(['refreshed']);
  });

  it('waits up to half as long again, so that a fleet does not come back at once', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const { auth, tries } = await client([lost, good]);
    const done = auth.refresh();
    await vi.advanceTimersByTimeAsync(1_000);
    await done;
    expect(tries[1]).toBeGreaterThan(700);
  });

  it.each([
    ['retryAfter of a 429', () => problem(429, { session: 'keep', retryAfter: 7 }), 7_000],
    ['the header of a 503', () => new Response('', { status: 503, headers: { 'retry-after': '3' } }), 3_000],
    ['a day, which nobody believes', () => problem(503, { session: 'keep', retryAfter: 86_400 }), 300_000],
  ])('honours %s', async (_, answer, after) => {
    const { auth, tries, events } = await client([answer, good]);
    const done = auth.refresh();
    await vi.advanceTimersByTimeAsync(after);
    await done;
    expect(tries).toEqual([0, after]);
    expect(events).toEqual(['refreshed']);
  });

  it.each([
    ['a 500', () => new Response('', { status: 500 })],
    ['a 503 that is a page', () => new Response('<h1>Sorry</h1>', { status: 503 })],
    ['a 429', () => problem(429, { code: 'too_many_attempts', session: 'keep' })],
    ['no network', lost],
    ['the page of a hotel', () => new Response('<h1>Welcome</h1>', { headers: { 'content-type': 'text/html' } })],
    ['half an answer', () => new Response('{"user":{"id":')],
    [
      'a body that breaks off',
      () => new Response(new ReadableStream({ start: (body) => body.error(new Error('cut')) })),
    ],
  ] as [string, Answer][])('C5: is not given up after %s, and the session goes on', async (_, answer) => {
    const { auth, tries, events } = await client([answer, good]);
    const done = auth.refresh();
    await vi.advanceTimersByTimeAsync(600);
    await done;
    expect(tries).toHaveLength(2);
    expect(events).toEqual(['refreshed']);
    expect(auth.session?.generation).toBe(1);
  });

  it('is given up and tried again where nobody answers for 10 s', async () => {
    const { auth, tries, events } = await client([() => new Promise<Response>(() => undefined), good]);
    const done = auth.refresh();
    await vi.advanceTimersByTimeAsync(10_500);
    await done;
    expect(tries).toEqual([0, 10_500]);
    expect(events).toEqual(['refreshed']);
  });

  it('is given up and tried again where the body of the answer never ends', async () => {
    const { auth, tries } = await client([() => new Response(new ReadableStream()), good]);
    const done = auth.refresh();
    await vi.advanceTimersByTimeAsync(10_500);
    await done;
    expect(tries).toEqual([0, 10_500]);
  });

  it('tells those who wait after their own time-out, and goes on', async () => {
    const { auth, events } = await client([lost], { patienceMs: 5_000 });
    await auth.fetch(`${issuer}/x`);
    vi.setSystemTime(Date.now() + 1_000_000);
    const waiting = auth.fetch(`${issuer}/x`).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await waiting).toMatchObject({ name: 'TimeoutError' });
    expect([auth.user, events]).toEqual([user, []]);
  });

  it('lets a caller give up by their own signal while they wait for it', async () => {
    const { auth, tries } = await client([lost]);
    await auth.fetch(`${issuer}/x`);
    vi.setSystemTime(Date.now() + 1_000_000);
    const end = new AbortController();
    const waiting = auth.fetch(`${issuer}/x`, { signal: end.signal }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(100);
    end.abort(new Error('left the page'));
    expect(await waiting).toMatchObject({ message: 'left the page' });
    expect(tries).toHaveLength(1);
  });

  it('holds nobody up whose token is still good, while the issuer is away', async () => {
    const { auth, events } = await client([lost]);
    vi.setSystemTime(Date.now() + 700_000); // due, not expired
    const answer = auth.fetch(`${issuer}/x`);
    await vi.advanceTimersByTimeAsync(1);
    expect(await (await answer).text()).toBe('Bearer access 0');
    expect(events).toEqual([]);
  });

  it('goes before the request when it is time for it', async () => {
    const { auth, tries } = await client([good]);
    expect(await (await auth.fetch(`${issuer}/x`)).text()).toBe('Bearer access 0');
    vi.setSystemTime(Date.now() + 700_000);
    expect(await (await auth.fetch(`${issuer}/x`)).text()).toBe('Bearer access 1');
    expect(tries).toHaveLength(1);
  });

  it('is refused without an end of the session: whoever asked for it is told, and nobody is signed out', async () => {
    const refused = () => problem(400, { code: 'transport_mismatch', session: 'keep' });
    const { auth, tries, events } = await client([refused]);
    await expect(auth.refresh()).rejects.toMatchObject({ name: 'Refused', status: 400, code: 'transport_mismatch' });
    expect([tries.length, events, auth.user]).toEqual([1, [], user]);
  });

  it('saves again what could not be saved, and does not send the spent token twice', async () => {
    const { auth, tries, storage } = await client([good]);
    const save = (stored: Stored) => kept.save(stored);
    const kept = { save: storage.save.bind(storage) };
    let failures = 1;
    storage.save = (stored) => {
      if (failures-- > 0) throw new Error('the disk is full');
      return save(stored);
    };
    const done = auth.refresh();
    await vi.advanceTimersByTimeAsync(1);
    expect(auth.session?.generation, 'not held before it is stored').toBe(0);
    await vi.advanceTimersByTimeAsync(500);
    await done;
    expect(auth.session?.generation).toBe(1);
    expect(tries).toHaveLength(1);
  });
});

describe('an API that refuses every token as expired', () => {
  it('causes one refresh, not one for each request', async () => {
    const { auth, tries } = await client([good, () => Response.json(tokens(2))], { apis: [api] });
    for (let request = 0; request < 5; request++) expect((await auth.fetch(`${api}/x`)).status).toBe(401);
    expect(tries).toHaveLength(1);
    expect((await auth.fetch(`${issuer}/x`)).status).toBe(200);
    vi.setSystemTime(Date.now() + 31_000);
    expect((await auth.fetch(`${api}/x`)).status).toBe(401);
    expect(tries, 'it may have been mended').toHaveLength(2);
  });
});
