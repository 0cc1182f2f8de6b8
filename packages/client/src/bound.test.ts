// What a client with a key sends, judged as the service judges it, and what it makes of the answers.
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bound, memoryKeys, type ProofKeys, Unbound } from './bound.js';
import { createClient, memoryStorage } from './main.js';
import { newUpstream } from './upstream.js';

const issuer = 'https://auth.example.com';
const person = { email: 'a@example.com', password: 'a long passphrase' };
const user = { id: 'u', email: person.email, role: 'user', emailVerified: true };
const tokens = (generation: number) => ({
  ...{ user, session: { id: 's', generation }, expiresIn: 900, refreshIn: 600 },
  ...{ accessToken: `access ${generation}`, refreshToken: `refresh ${generation}` },
});
const good = () => Response.json(tokens(++answered));
const refusal = (status: number, code: string, nonce?: string) =>
  new Response(JSON.stringify({ code, session: 'keep' }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...(nonce ? { 'dpop-nonce': nonce } : {}) },
  });
const ended = () => new Response(null, { status: 204 });
const withNonce = (nonce: string) => Response.json(tokens(++answered), { headers: { 'dpop-nonce': nonce } });

let answered = 0;
afterEach(() => vi.useRealTimers());

interface Sent {
  readonly path: string;
  readonly proof: string | null;
  readonly body: unknown;
}

/** The next answers one by one; after them, good ones. */
function device(answers: (() => Response | Promise<Response>)[] = [], options: object = {}) {
  const sent: Sent[] = [];
  const fetch = async (input: string | URL | Request, init: RequestInit = {}) => {
    const request = new Request(input, init);
    const body = await request.text();
    sent.push({ path: new URL(request.url).pathname, proof: request.headers.get('dpop'), body });
    return (answers.shift() ?? good)();
  };
  const storage = memoryStorage();
  const given = bound({ issuer, transport: 'bearer', storage, keys: memoryKeys(), fetch, ...options });
  const auth = createClient(given);
  const events: string[] = [];
  auth.subscribe(({ type, code }) => events.push(code ? `${type} ${code}` : type));
  return { auth, sent, events, storage, given };
}

/** As RFC 9449 §4.3 asks for, but for the time and what was seen before. */
async function claimsOf({ path, proof }: Sent) {
  const { payload, protectedHeader } = await jwtVerify(proof ?? '', EmbeddedJWK, {
    ...{ typ: 'dpop+jwt', algorithms: ['ES256'], requiredClaims: ['iat', 'jti', 'htm', 'htu'] },
    currentDate: new Date(0), // an `iat` in the future is no fault here
  });
  expect(payload).toMatchObject({ htm: 'POST', htu: issuer + path });
  expect(Object.keys(protectedHeader.jwk ?? {}).toSorted()).toEqual(['crv', 'kty', 'x', 'y']);
  return { ...payload, jkt: await calculateJwkThumbprint(protectedHeader.jwk ?? {}) } as {
    readonly [name in 'jti' | 'jkt' | 'nonce']: string;
  } & { readonly iat: number };
}

const none: ProofKeys = { load: async () => undefined, make: () => Promise.reject(new Error('storage is blocked')) };
const broken: ProofKeys = { ...none, load: () => Promise.reject(new Error('the disk is busy')) };

describe('a client with a key', () => {
  it('proves it at each sign-in and refresh, by a proof of its own for each, and always the same key', async () => {
    const { auth, sent } = device();
    await auth.signIn(person);
    await auth.continue('ticket', { totp: '123456' });
    await auth.signIn({ credential: {} });
    await auth.refresh();
    await auth.fetch('/auth/password', { method: 'post', body: '{}' });
    expect(sent.map(({ path }) => path)).toEqual([
      ...['/auth/login', '/auth/factor', '/auth/login/passkey', '/auth/refresh', '/auth/password'],
    ]);
    const claims = await Promise.all(sent.map(claimsOf));
    expect(new Set(claims.map(({ jkt }) => jkt)).size).toBe(1);
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(sent.length);
    for (const { iat } of claims) expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(60);
  });

  it('names the address without its query', async () => {
    const { auth, sent } = device();
    await auth.fetch(new Request(`${issuer}/auth/exchange?from=old#top`, { method: 'POST', body: '{}' }));
    expect(sent).toMatchObject([{ body: '{}' }]);
    await claimsOf(sent[0] as Sent);
  });

  it('shows the key to nobody else, and where no session begins', async () => {
    const { auth, sent } = device([], { apis: ['https://api.example.com'] });
    await auth.signIn(person);
    await auth.fetch('/auth/me');
    await auth.fetch('/notes', { method: 'POST', body: '{}' });
    for (const other of ['https://api.example.com', 'https://elsewhere.example'])
      await auth.fetch(`${other}/auth/login`, { method: 'POST', body: '{}' });
    await auth.signOutEverywhere().catch(() => undefined);
    expect(sent.filter(({ proof }) => proof !== null).map(({ path }) => path)).toEqual(['/auth/login']);
    expect(sent.at(-1)?.path).toBe('/auth/logout-all');
  });

  it('proves it at the sign-out, also where a nonce is asked for', async () => {
    const { auth, sent, events } = device([good, () => refusal(401, 'dpop_nonce_required', 'n1'), ended]);
    await auth.signIn(person);
    await auth.signOut();
    const [first, ...signOuts] = await Promise.all(sent.map(claimsOf));
    expect(signOuts).toMatchObject([{ jkt: first?.jkt }, { jkt: first?.jkt, nonce: 'n1' }]);
    expect(sent.map(({ path }) => path)).toEqual(['/auth/login', '/auth/logout', '/auth/logout']);
    expect([auth.user, events]).toEqual([null, ['signed-in', 'ended']]);
  });

  it('sends the public half alone, whatever a keeper hands out', async () => {
    const [kept, { auth, sent }] = [memoryKeys(), device()];
    const key = await kept.make(issuer);
    const careless = { ...key, jwk: { ...key.jwk, d: 'private', key_ops: ['sign'] } };
    const other = device([], { keys: { ...none, make: async () => careless } });
    await other.auth.signIn(person);
    await auth.signIn(person);
    await claimsOf(other.sent[0] as Sent);
    expect((await claimsOf(sent[0] as Sent)).jkt).not.toBe((await claimsOf(other.sent[0] as Sent)).jkt);
  });

  it('has another key for another issuer', async () => {
    const keys = memoryKeys();
    const [one, same, other] = await Promise.all(
      [issuer, issuer, 'https://other.example'].map(async (of) => (await keys.make(of)).jwk.x),
    );
    expect([one === same, one === other]).toEqual([true, false]);
  });

  it('refreshes once for many requests at once', async () => {
    const { auth, sent } = device();
    await auth.signIn(person);
    await Promise.all(Array.from({ length: 8 }, () => auth.refresh()));
    expect(sent.map(({ path }) => path)).toEqual(['/auth/login', '/auth/refresh']);
  });

  it('repeats a lost refresh with a new proof', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { auth, sent, events } = device([good, () => Promise.reject(new TypeError('fetch failed'))]);
    await auth.signIn(person);
    const done = auth.refresh();
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    await vi.advanceTimersByTimeAsync(1_000);
    await done;
    const [, first, second] = await Promise.all(sent.map(claimsOf));
    expect(first?.jti).not.toBe(second?.jti);
    expect(sent[1]?.body).toBe(sent[2]?.body);
    expect(events).toEqual(['signed-in', 'refreshed']);
  });

  it('signs in at a provider with its key, too', async () => {
    const { auth, given, sent } = device();
    const upstream = newUpstream({ ...given, auth });
    const address = new URL(await upstream.begin('authentik', { returnTo: 'app:/back' }));
    await upstream.complete(`app:/back?code=c&state=${address.searchParams.get('state')}`);
    expect(sent.map(({ path }) => path)).toEqual(['/auth/upstream/exchange']);
    await claimsOf(sent[0] as Sent);
  });
});

describe('a service that asks for a nonce', () => {
  const asks = (nonce: string) => () => refusal(401, 'dpop_nonce_required', nonce);

  it('gets the same request once more with the nonce, which later proofs have until there is a newer one', async () => {
    const { auth, sent, events } = device([asks('n1'), good, () => withNonce('n2'), good]);
    await auth.signIn(person);
    await auth.refresh();
    await auth.refresh();
    const claims = await Promise.all(sent.map(claimsOf));
    expect(claims.map(({ nonce }) => nonce)).toEqual([undefined, 'n1', 'n1', 'n2']);
    expect(sent[0]?.body).toBe(sent[1]?.body);
    expect(claims[0]?.jti).not.toBe(claims[1]?.jti);
    expect(events).toEqual(['signed-in', 'refreshed', 'refreshed']);
  });

  it('is enough for a clock that is years wrong: no proof but its `iat` says what time it is', async () => {
    const clock = { now: () => 0 };
    const { auth, sent } = device([good, asks('n1'), good], { clock });
    await auth.signIn(person);
    await auth.refresh();
    const [, ...refreshes] = await Promise.all(sent.map(claimsOf));
    expect(refreshes).toMatchObject([{ iat: 0 }, { iat: 0, nonce: 'n1' }]);
    expect(auth.user).toEqual(user);
  });

  it('gets none that is older than it takes, nor where the clock was set back: both would be asked again', async () => {
    let now = Date.now();
    const { auth, sent } = device([asks('n1'), good], { clock: { now: () => now } });
    await auth.signIn(person);
    now += 239_000;
    await auth.refresh();
    now += 2_000;
    await auth.refresh();
    now -= 3_600_000;
    await auth.refresh();
    const nonces = (await Promise.all(sent.map(claimsOf))).map(({ nonce }) => nonce);
    expect(nonces).toEqual([undefined, 'n1', 'n1', undefined, undefined]);
  });

  it('and asks again at once is not asked a third time: the session goes on', async () => {
    const { auth, sent, events } = device([good, asks('n1'), asks('n2'), good]);
    await auth.signIn(person);
    await expect(auth.refresh()).rejects.toMatchObject({ name: 'Refused', code: 'dpop_nonce_required' });
    await auth.refresh();
    expect((await Promise.all(sent.map(claimsOf))).map(({ nonce }) => nonce)).toEqual([
      undefined,
      undefined,
      'n1',
      'n2',
    ]);
    expect(events).toEqual(['signed-in', 'refreshed']);
  });

  it('with a wrong password beside it gets no second guess', async () => {
    const { auth, sent } = device([() => refusal(401, 'invalid_credentials', 'n1'), good]);
    await expect(auth.signIn(person)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect(sent).toHaveLength(1);
    await auth.signIn(person);
    expect(await claimsOf(sent[1] as Sent)).toMatchObject({ nonce: 'n1' });
  });

  it('without naming one is answered nothing', async () => {
    const { auth, sent } = device([() => refusal(401, 'dpop_nonce_required')]);
    await expect(auth.signIn(person)).rejects.toMatchObject({ code: 'dpop_nonce_required' });
    expect(sent).toHaveLength(1);
  });

  it('gets the body of a `Request` a second time, and that of a stream not', async () => {
    const { auth, sent } = device([asks('n1'), good, asks('n2'), good]);
    await auth.fetch(new Request(`${issuer}/auth/exchange`, { method: 'POST', body: '{"token":"x"}' }));
    expect(sent.map(({ body }) => body)).toEqual(['{"token":"x"}', '{"token":"x"}']);
    const stream = { method: 'POST', body: new Blob(['{}']).stream(), duplex: 'half' } as const;
    expect((await auth.fetch('/auth/exchange', stream)).status).toBe(401);
    expect(sent).toHaveLength(3);
  });
});

describe('a proof that the service refuses', () => {
  const refused = () => refusal(400, 'dpop_proof_invalid');

  it('at a refresh is told, and the session goes on', async () => {
    const { auth, sent, events } = device([good, refused]);
    await auth.signIn(person);
    await expect(auth.refresh()).rejects.toMatchObject({ status: 400, code: 'dpop_proof_invalid' });
    expect([sent.length, auth.user, events]).toEqual([2, user, ['signed-in']]);
  });

  it('at a sign-in is told at once', async () => {
    const { auth, sent } = device([refused]);
    await expect(auth.signIn(person)).rejects.toMatchObject({ status: 400, code: 'dpop_proof_invalid' });
    expect(sent).toHaveLength(1);
  });
});

describe('a key that cannot be kept', () => {
  it('is told by the sign-in, which sends nothing', async () => {
    const { auth, sent } = device([], { keys: none });
    const refused = await auth.signIn(person).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Unbound);
    expect(refused).toMatchObject({ name: 'Unbound', cause: { message: 'storage is blocked' } });
    expect(sent).toEqual([]);
  });

  it('is done without by an app that says so, for the whole session', async () => {
    const { auth, sent, events } = device([], { keys: broken, mayBeUnbound: true });
    await auth.signIn(person);
    await auth.refresh();
    expect(sent.map(({ proof }) => proof)).toEqual([null, null]);
    expect(events).toEqual(['signed-in', 'refreshed']);
  });
});

describe('a session whose key', () => {
  const unproven = () => refusal(400, 'dpop_proof_invalid');

  /** Signed in with a key that another keeper takes the place of. */
  async function signedIn(keys: ProofKeys, answers: (() => Response)[]) {
    let now: ProofKeys = memoryKeys();
    const changing: ProofKeys = { load: (of) => now.load(of), make: (of) => now.make(of) };
    const one = device([good, ...answers], { keys: changing });
    await one.auth.signIn(person);
    now = keys;
    return { ...one, mend: (mended: ProofKeys) => (now = mended) };
  }

  it('is gone is over: told once, and nothing of it is kept', async () => {
    const { auth, events, storage, sent } = await signedIn(none, [unproven]);
    await auth.refresh();
    expect(events).toEqual(['signed-in', 'ended key_lost']);
    expect([auth.user, (await storage.load())?.tokens]).toEqual([null, undefined]);
    expect(sent.map(({ proof }) => proof !== null)).toEqual([true, false]);
  });

  it('is gone is over at the sign-out, too', async () => {
    const { auth, events, storage } = await signedIn(none, [unproven]);
    await auth.signOut();
    expect([auth.user, (await storage.load())?.tokens, events.length]).toEqual([null, undefined, 2]);
  });

  it('cannot be read now is not signed out', async () => {
    const { auth, events } = await signedIn(broken, [unproven]);
    await expect(auth.signOut()).rejects.toBeInstanceOf(Unbound);
    expect([auth.user, events]).toEqual([user, ['signed-in']]);
  });

  it('cannot be read now goes on, and refreshes when it can be read', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { auth, events, sent, mend } = await signedIn(broken, [unproven]);
    const done = auth.refresh();
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    mend(memoryKeys());
    await vi.advanceTimersByTimeAsync(1_000);
    await done;
    expect(events).toEqual(['signed-in', 'refreshed']);
  });

  it('never was, from before the app had keys, goes on without until the next sign-in', async () => {
    const { auth, events, sent, storage } = device();
    await storage.save({ tokens: { ...tokens(0), refreshAt: 0 } });
    await auth.refresh();
    await auth.signIn(person);
    await auth.refresh();
    expect(sent.map(({ path, proof }) => [path, proof !== null])).toEqual([
      ['/auth/refresh', false],
      ['/auth/login', true],
      ['/auth/refresh', true],
    ]);
    expect(events).not.toContain('ended key_lost');
  });
});
