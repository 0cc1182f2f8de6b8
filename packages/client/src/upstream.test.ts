// Sign-in at a provider by an app: what it sends, what it keeps, and what it makes of the address that opens it again.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createClient } from './client.js';
import { memoryStorage } from './storage.js';
import { newUpstream, upstreamAddress } from './upstream.js';
import { Refused } from './verdicts.js';

const issuer = 'https://auth.example.com';
const returnTo = 'com.example.notes:/signed-in';
const user = { id: 'u', email: 'a@example.com', role: 'user', emailVerified: true };
const tokens = { user, session: { id: 's', generation: 0 }, expiresIn: 900, refreshIn: 600 };
const signedIn = () => Response.json({ ...tokens, accessToken: 'a', refreshToken: 'r', deviceToken: 'known' });
const refusal = (status: number, body: object) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } });

interface Sent {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly authorization: string | null;
}

/** Storage that outlives the process, and the answers of the service in order. An error is one of the network. */
function world(answers: (Response | Error)[]) {
  const sent: Sent[] = [];
  const items = new Map<string, string>();
  const store = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    deleteItem: (key: string) => void items.delete(key),
  };
  const fetch = async (input: unknown, init: RequestInit = {}) => {
    const body = JSON.parse(init.body as string) as Sent['body'];
    const authorization = new Headers(init.headers).get('authorization');
    sent.push({ path: new URL(String(input)).pathname, body, authorization });
    const answer = answers.shift() ?? new TypeError('fetch failed');
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const storage = memoryStorage();
  /** The app, from its start. */
  const start = () => {
    const auth = createClient({ issuer, transport: 'bearer', storage, fetch });
    const events: string[] = [];
    auth.subscribe(({ type }) => events.push(type));
    return { auth, events, upstream: newUpstream({ auth, issuer, storage, store, fetch }) };
  };
  return { sent, items, storage, start };
}

const queryOf = (address: string) => Object.fromEntries(new URL(address).searchParams);
/** The address that opens the app again. */
const opened = (begun: string, more: Record<string, string> = { code: 'one-time' }) =>
  `${returnTo}?${new URLSearchParams({ ...more, state: queryOf(begun)['state'] ?? '' }).toString()}`;
const hashed = (text: unknown) => createHash('sha256').update(String(text)).digest('base64url');

describe('the address for a page', () => {
  it('keeps the target and the wish to stay signed in, and nothing where there is none', () => {
    expect(upstreamAddress(issuer, 'authentik')).toBe(`${issuer}/auth/upstream/authentik`);
    const address = upstreamAddress(issuer, 'authentik', { returnTo: 'https://a.example/?x=1&y', remember: true });
    expect(queryOf(address)).toEqual({ return_to: 'https://a.example/?x=1&y', remember: 'true' });
    expect(upstreamAddress(issuer, 'authentik', { fresh: true })).toBe(`${issuer}/auth/upstream/authentik?fresh=true`);
    expect(upstreamAddress(issuer, 'a/../b?', { remember: false })).toBe(`${issuer}/auth/upstream/a%2F..%2Fb%3F`);
    expect(() => upstreamAddress('https://auth.example.com/path', 'authentik')).toThrow(TypeError);
  });
});

describe('an app', () => {
  it('signs in: its own proof and state go out, the verifier goes to the issuer alone', async () => {
    const { sent, items, storage, start } = world([signedIn()]);
    const { auth, events, upstream } = start();
    await storage.save({ deviceToken: 'known' });
    const address = await upstream.begin('authentik', { returnTo, remember: true });
    const { state, code_challenge: challenge, ...rest } = queryOf(address);
    expect(new URL(address).pathname).toBe('/auth/upstream/authentik');
    expect(rest).toEqual({ transport: 'bearer', return_to: returnTo, code_challenge_method: 'S256', remember: 'true' });
    expect([state, challenge].map((text) => text?.length)).toEqual([43, 43]);
    expect(sent).toEqual([]);

    expect(await upstream.complete(opened(address))).toEqual(user);
    const [{ path, body, authorization } = {} as Sent] = sent;
    expect([path, authorization]).toEqual(['/auth/upstream/exchange', null]);
    expect(body).toEqual({ code: 'one-time', codeVerifier: body['codeVerifier'], deviceToken: 'known' });
    expect(hashed(body['codeVerifier'])).toBe(challenge);
    expect(storage.load()).toMatchObject({ tokens: { refreshToken: 'r' }, deviceToken: 'known' });
    expect(events).toEqual(['signed-in']);
    expect(items.size).toBe(0);
    auth.close();
  });

  it('that was ended meanwhile goes on where it was', async () => {
    const { start } = world([signedIn()]);
    const before = start();
    const address = await before.upstream.begin('authentik', { returnTo });
    before.auth.close();
    const { auth, upstream } = start();
    expect(await upstream.complete(opened(address))).toEqual(user);
    auth.close();
  });

  it('that is opened twice with one address exchanges once, and both calls have the result', async () => {
    const { sent, start } = world([signedIn()]);
    const { auth, upstream } = start();
    const address = opened(await upstream.begin('authentik', { returnTo }));
    expect(await Promise.all([upstream.complete(address), upstream.complete(address)])).toEqual([user, user]);
    expect(await upstream.complete(address)).toEqual(user);
    expect(sent).toHaveLength(1);
    auth.close();
  });

  it('takes no answer that it did not ask for, and goes on with its own', async () => {
    const { sent, start } = world([signedIn()]);
    const { auth, upstream } = start();
    const first = await upstream.begin('authentik', { returnTo });
    const address = await upstream.begin('authentik', { returnTo });
    const none = { code: 'upstream_request_invalid', status: 0 };
    for (const foreign of [`${returnTo}?code=x&state=theirs`, `${returnTo}?code=x`, returnTo, opened(first)])
      await expect(upstream.complete(foreign)).rejects.toMatchObject(none);
    await expect(upstream.complete(`${returnTo}?error=upstream_declined&state=theirs`)).rejects.toMatchObject(none);
    expect(sent).toEqual([]);
    expect(await upstream.complete(opened(address))).toEqual(user);
    const another = start();
    await expect(another.upstream.complete(opened(address))).rejects.toMatchObject(none);
    auth.close();
    another.auth.close();
  });

  it.each(['upstream_declined', 'link_required'])('is told what went wrong on the way (%s), once', async (error) => {
    const { sent, items, start } = world([]);
    const { auth, upstream } = start();
    const address = opened(await upstream.begin('authentik', { returnTo }), { error });
    const refused = await upstream.complete(address).catch((reason: unknown) => reason);
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ code: error });
    expect([sent, items.size, auth.user]).toEqual([[], 0, null]);
    await expect(upstream.complete(address)).rejects.toMatchObject({ code: 'upstream_request_invalid' });
    auth.close();
  });

  it.each([
    ['an error of the network', new TypeError('fetch failed'), TypeError],
    ['a service that cannot answer', refusal(503, { code: 'unavailable' }), Refused],
    ['a wait', refusal(429, { code: 'too_many_attempts', retryAfter: 3 }), Refused],
  ])('may try again after %s', async (_, failure, kind) => {
    const { start } = world([failure, signedIn()]);
    const { auth, upstream } = start();
    const address = opened(await upstream.begin('authentik', { returnTo }));
    await expect(upstream.complete(address)).rejects.toBeInstanceOf(kind);
    expect(auth.user).toBeNull();
    expect(await upstream.complete(address)).toEqual(user);
    auth.close();
  });

  it('goes on with the second factor where there is one, and is signed in by it alone', async () => {
    const due = { code: 'second_factor_required', methods: ['totp'], ticket: 'wft_x' };
    const { sent, items, start } = world([refusal(401, due), signedIn()]);
    const { auth, upstream } = start();
    const refused = await upstream
      .complete(opened(await upstream.begin('authentik', { returnTo })))
      .catch((error: unknown) => error);
    expect(refused).toMatchObject(due);
    expect([auth.user, items.size]).toEqual([null, 0]);
    expect(await auth.continue((refused as Refused).ticket, { totp: '123456' })).toEqual(user);
    expect(sent.at(-1)?.path).toBe('/auth/factor');
    auth.close();
  });
});

describe('an app of somebody who is signed in', () => {
  it('connects a provider in the session that began, and keeps its tokens', async () => {
    const location = `${issuer}/auth/upstream/authentik/go?state=ours`;
    const { sent, items, storage, start } = world([
      signedIn(),
      Response.json({ location }),
      new Response(null, { status: 204 }),
    ]);
    const { auth, upstream } = start();
    await auth.signIn({ email: user.email, password: 'a long passphrase' });
    expect(await upstream.connect('authentik', { returnTo })).toBe(location);
    const { path, body, authorization } = sent[1] ?? ({} as Sent);
    expect([path, authorization]).toEqual(['/auth/upstream/authentik/link', 'Bearer a']);
    expect(await upstream.complete(`${returnTo}?code=one-time&state=${String(body['state'])}`)).toEqual(user);
    expect(sent[2]).toMatchObject({ path: '/auth/upstream/exchange', authorization: 'Bearer a' });
    expect(hashed(sent[2]?.body['codeVerifier'])).toBe(body['codeChallenge']);
    expect(body['returnTo']).toBe(returnTo);
    expect([items.size, await storage.load()]).toMatchObject([0, { tokens: { refreshToken: 'r' } }]);
    auth.close();
  });

  it('is told when a fresh proof is needed, and nothing is kept of it', async () => {
    const { items, start } = world([signedIn(), refusal(403, { code: 'reauthentication_required' })]);
    const { auth, upstream } = start();
    await auth.signIn({ email: user.email, password: 'a long passphrase' });
    await expect(upstream.connect('authentik', { returnTo })).rejects.toMatchObject({
      code: 'reauthentication_required',
    });
    expect(items.size).toBe(0);
    auth.close();
  });
});

it('a process that waits needs no store: what the way back needs is in memory', async () => {
  const storage = memoryStorage();
  const fetch = async () => signedIn();
  const auth = createClient({ issuer, transport: 'bearer', storage, fetch });
  const upstream = newUpstream({ auth, issuer, storage, fetch });
  const loopback = 'http://127.0.0.1:8123/back';
  const begun = await upstream.begin('authentik', { returnTo: loopback });
  expect(await upstream.complete(`${loopback}?code=c&state=${queryOf(begun)['state']}`)).toEqual(user);
  auth.close();
});
