// What a client sends where the access token is bound to its key, too (RFC 9449 §7).
import { createHash } from 'node:crypto';
import { EmbeddedJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { isBoundToken } from './dpop-proof.js';
import { bound, memoryKeys, type ProofKeys } from './bound.js';
import { createClient, memoryStorage } from './main.js';

const issuer = 'https://auth.example.com';
const api = 'https://api.example.com';
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const boundToken = (number: number) => `${part({ alg: 'RS256' })}.${part({ number, cnf: { jkt: 'ü' } })}.signature`;
const tokens = (number: number) => ({
  ...{ user: { id: 'u' }, session: { id: 's', generation: number }, expiresIn: 900, refreshIn: 600 },
  ...{ accessToken: boundToken(number), refreshToken: `refresh ${number}` },
});
const nonceWanted = (nonce: string) =>
  new Response('{"code":"dpop_nonce_required","session":"keep"}', {
    status: 401,
    headers: { 'content-type': 'application/problem+json', 'dpop-nonce': nonce },
  });

async function signedIn(options: object = {}, answers: Response[] = []) {
  const sent: Request[] = [];
  let number = 0;
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init);
    sent.push(request);
    const isIssuing = /login|refresh/.test(request.url);
    return isIssuing ? Response.json(tokens(++number)) : (answers.shift() ?? new Response('found'));
  };
  const given = {
    issuer,
    transport: 'bearer',
    storage: memoryStorage(),
    keys: memoryKeys(),
    apis: [api],
    fetch,
  } as const;
  const auth = createClient(bound({ ...given, ...options }));
  await auth.signIn({ email: 'a@example.com', password: 'a long passphrase' });
  sent.length = 0;
  return { auth, sent };
}

async function claimsOf({ headers }: Request) {
  const rules = { typ: 'dpop+jwt', algorithms: ['ES256'] };
  return (await jwtVerify(headers.get('dpop') ?? '', EmbeddedJWK, rules)).payload;
}

describe('an access token that is bound to the key', () => {
  it('goes with a proof for this request and this token, to the issuer and to the listed APIs', async () => {
    const { auth, sent } = await signedIn();
    await auth.fetch('/auth/me?full=1');
    await auth.fetch(`${api}/notes/1?all#top`, { method: 'delete' });
    await auth.fetch(new Request(`${api}/notes`, { method: 'POST', body: 'text' }));
    await auth.fetch('https://elsewhere.example/notes');
    const hash = createHash('sha256').update(boundToken(1)).digest('base64url');
    const expected = [
      { htm: 'GET', htu: `${issuer}/auth/me` },
      { htm: 'DELETE', htu: `${api}/notes/1` },
      { htm: 'POST', htu: `${api}/notes` },
    ];
    for (const [at, claims] of expected.entries()) {
      expect(sent[at]?.headers.get('authorization')).toBe(`DPoP ${boundToken(1)}`);
      expect(await claimsOf(sent[at] as Request)).toMatchObject({ ...claims, ath: hash });
    }
    expect([...(sent[3]?.headers.keys() ?? [])]).toEqual([]);
    expect(new Set((await Promise.all(sent.slice(0, 3).map(claimsOf))).map(({ jti }) => jti)).size).toBe(3);
  });

  it('is followed by the next one after a refresh, whose own proof is for no token', async () => {
    const { auth, sent } = await signedIn();
    await auth.refresh();
    await auth.fetch('/auth/me');
    const [ofRefresh, ofRequest] = await Promise.all(sent.map(claimsOf));
    expect([ofRefresh?.['ath'], sent[0]?.headers.get('authorization')]).toEqual([undefined, null]);
    expect(ofRequest?.['ath']).toBe(createHash('sha256').update(boundToken(2)).digest('base64url'));
  });

  it('is sent once more where a nonce is asked for, and each origin has nonces of its own', async () => {
    const { auth, sent } = await signedIn({}, [nonceWanted('of the api')]);
    expect(await (await auth.fetch(`${api}/notes`)).text()).toBe('found');
    await auth.fetch(`${api}/notes`);
    await auth.fetch('/auth/me');
    const nonces = (await Promise.all(sent.map(claimsOf))).map(({ nonce }) => nonce);
    expect(nonces).toEqual([undefined, 'of the api', 'of the api', undefined]);
  });

  it('asks the keeper of the key once for many requests', async () => {
    let asked = 0;
    const kept = memoryKeys();
    const keys: ProofKeys = { make: (of) => kept.make(of), load: (of) => (asked++, kept.load(of)) };
    const { auth } = await signedIn({ keys });
    for (let request = 0; request < 5; request++) await auth.fetch(`${api}/notes`);
    expect(asked).toBeLessThan(2);
  });

  /** An app that has just started, with another keeper than at its sign-in. */
  async function started(keys: ProofKeys) {
    const [storage, sent] = [memoryStorage(), [] as unknown[]];
    await storage.save({ tokens: { ...tokens(1), expiresAt: Infinity, refreshAt: Infinity } as never });
    const fetch = async (input: unknown) => (sent.push(input), new Response());
    const options = { issuer, transport: 'bearer', storage, keys, fetch, mayBeUnbound: true } as const;
    const auth = createClient(bound(options));
    const events: string[] = [];
    auth.subscribe(({ type, code }) => events.push(`${type} ${code}`));
    return { auth, sent, events };
  }

  it.each(['GET', 'POST'])('whose key is gone ends the session, and is not sent: %s', async (method) => {
    const other = memoryKeys();
    const { auth, sent, events } = await started({ load: async () => undefined, make: (of) => other.make(of) });
    expect((await auth.fetch('/auth/password', { method })).status).toBe(401);
    expect([auth.user, events, sent]).toEqual([null, ['ended key_lost'], []]);
  });

  it('whose key cannot be read now is an error of the request, and of nothing else', async () => {
    const broken = () => Promise.reject(new Error('locked'));
    const { auth, sent, events } = await started({ load: broken, make: broken });
    await expect(auth.fetch('/auth/me')).rejects.toMatchObject({ name: 'Unbound', cause: { message: 'locked' } });
    expect([auth.user, events, sent]).toEqual([{ id: 'u' }, [], []]);
  });

  it.each([
    [boundToken(1), true],
    [`a.${part({ sub: 'u' })}.c`, false],
    ['opaque', false],
    ['', false],
    [`a.${part([1])}.c`, false],
    ['a.%%%.c', false],
  ])('is told by its `cnf`: %s', (token, isBound) => {
    expect(isBoundToken(token)).toBe(isBound);
  });
});
