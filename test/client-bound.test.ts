// packages/client/bound against a real service: what a phone with a key lives through.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bound, type BoundOptions, memoryKeys, type ProofKeys } from '../packages/client/src/bound.js';
import { type Client, createClient, memoryStorage, type TokenStorage } from '../packages/client/src/main.js';
import { me, mobile, type Person, refresh, register } from './support/client.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { testSettings } from './support/settings.js';
import { closedLater, eventsOf } from './support/web-client.js';

let service: Service;
let person: Person;
beforeAll(async () => {
  service = await startService();
  person = await register(service.url);
});
afterAll(() => service.stop());

const issuer = testSettings.PUBLIC_URL;

/** Reaches the service by the name that its proofs are for. */
function phone(options: Partial<BoundOptions> = {}, { url } = service) {
  const answers: number[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    const asked = new Request(input, init);
    const response = await globalThis.fetch(new Request(asked.url.replace(issuer, url), asked));
    answers.push(response.status);
    return response;
  };
  const given = {
    issuer,
    transport: 'bearer',
    storage: memoryStorage(),
    keys: memoryKeys(),
    fetch,
    ...options,
  } as const;
  const auth = closedLater(createClient(bound(given)));
  return { auth, answers, storage: given.storage, events: eventsOf(auth) };
}

const tokensOf = async (storage: TokenStorage) => (await storage.load())?.tokens;

async function isBound(auth: Client): Promise<boolean | undefined> {
  const answer = await auth.fetch(`${issuer}/auth/sessions`);
  const { sessions } = (await answer.json()) as { sessions: { id: string; bound: boolean }[] };
  return sessions.find(({ id }) => id === auth.session?.id)?.bound;
}

const noKeys: ProofKeys = { load: async () => undefined, make: () => Promise.reject(new Error('blocked')) };

describe('a phone with a key', () => {
  it('signs in and refreshes without one request more, and copies of its tokens are worth nothing', async () => {
    const { auth, storage, events, answers } = phone();
    await auth.signIn(person);
    const before = await tokensOf(storage);
    await auth.refresh();
    const after = await tokensOf(storage);
    for (const copy of [before, after]) {
      const { json } = await refresh(service.url, copy?.refreshToken ?? '');
      expect(json).toMatchObject({ code: 'dpop_proof_invalid', session: 'keep' });
    }
    await auth.refresh();
    expect(answers).toEqual([200, 200, 200]);
    expect(await isBound(auth)).toBe(true);
    expect(events).toEqual(['signed-in', 'refreshed', 'refreshed']);
  });

  it('is told that copied tokens belong to another key, and stays as it is', async () => {
    const { auth, storage, events } = phone();
    await auth.signIn(person);
    const [keys, copied] = [memoryKeys(), memoryStorage()];
    await keys.make(issuer);
    await copied.save((await storage.load()) ?? {});
    const thief = phone({ keys, storage: copied });
    await expect(thief.auth.refresh()).rejects.toMatchObject({ status: 400, code: 'dpop_proof_invalid' });
    await auth.refresh();
    expect([thief.events, events]).toEqual([[], ['signed-in', 'refreshed']]);
  });

  it.each([-31_536_000, -3_600, 3_600, 31_536_000])(
    'whose clock is %i s wrong signs in and refreshes with nonces of the service',
    async (seconds) => {
      let wrongBy = seconds;
      const { auth, events, answers } = phone({ clock: { now: () => Date.now() + wrongBy * 1_000 } });
      await auth.signIn(person);
      await auth.refresh();
      expect(answers).toEqual([401, 200, 200]);
      wrongBy = 0; // and is set right
      await auth.refresh();
      await auth.refresh();
      expect(events).toEqual(['signed-in', 'refreshed', 'refreshed', 'refreshed']);
    },
  );

  it('in several processes with one storage and one key keeps one session, whatever comes first', async () => {
    const [storage, keys] = [memoryStorage(), memoryKeys()];
    const unlocked = { ...storage, withLock: <T>(run: () => Promise<T>) => run() }; // all at once
    const first = phone({ storage: unlocked, keys });
    await first.auth.signIn(person);
    const others = Array.from({ length: 3 }, () => phone({ storage: unlocked, keys }));
    for (let round = 0; round < 10; round++) await Promise.all([first, ...others].map(({ auth }) => auth.refresh()));
    for (const { events } of [first, ...others]) expect(events.join()).not.toContain('ended');
    const rows = await service.query('SELECT revoked FROM refresh_tokens WHERE id = $1', [first.auth.session?.id]);
    expect(rows).toEqual([{ revoked: false }]);
  });

  it('that lost the key is signed out at the next refresh, and signs in anew', async () => {
    let keys = memoryKeys();
    const changing: ProofKeys = { load: (of) => keys.load(of), make: (of) => keys.make(of) };
    const { auth, events } = phone({ keys: changing });
    await auth.signIn(person);
    keys = memoryKeys();
    await auth.refresh();
    expect(auth.user).toBeNull();
    await auth.signIn(person);
    await auth.refresh();
    expect(events).toEqual(['signed-in', 'ended key_lost', 'signed-in', 'refreshed']);
  });

  it('stays bound when the person changes the password', async () => {
    const theirs = await register(service.url);
    const { auth } = phone();
    await auth.signIn(theirs);
    const body = JSON.stringify({ currentPassword: theirs.password, newPassword: `${theirs.password}, a new one` });
    const headers = { 'content-type': 'application/json' };
    const answer = await auth.fetch(`${issuer}/auth/password`, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    expect(await isBound(auth)).toBe(true);
    await auth.refresh();
  });
});

describe('a session without a key', () => {
  it('goes on when the app has got keys, until the next sign-in binds one', async () => {
    const [storage, keys] = [memoryStorage(), memoryKeys()];
    const old = phone({ storage, keys: noKeys, mayBeUnbound: true });
    await old.auth.signIn(person);
    const { auth } = phone({ storage, keys });
    await auth.refresh();
    await keys.make(issuer); // for another account of the app
    await auth.refresh();
    expect(await isBound(auth)).toBe(false);
    await auth.signIn(person);
    expect(await isBound(auth)).toBe(true);
  });

  it('is none that begins where the service insists', async () => {
    const strict = await startServiceForTest({ REQUIRE_BOUND_SESSIONS: 'bearer' });
    const theirs = await register(strict.url);
    const unbound = phone({ keys: noKeys, mayBeUnbound: true }, strict);
    await expect(unbound.auth.signIn(theirs)).rejects.toMatchObject({ status: 400, code: 'dpop_proof_required' });
    const { auth } = phone({}, strict);
    await auth.signIn(theirs);
    expect(await isBound(auth)).toBe(true);
  });
});

describe('a phone with a key, whose access tokens are bound as well', () => {
  it.each([0, 3_600])('and whose clock is %i s wrong uses them, and no copy of them is accepted', async (seconds) => {
    const binding = await startServiceForTest({ ACCESS_TOKEN_BINDING: 'on' });
    const { person: owner } = await mobile(binding.url);
    const { auth, storage, events } = phone({ clock: { now: () => Date.now() + seconds * 1_000 } }, binding);
    await auth.signIn(owner);
    expect(await isBound(auth)).toBe(true);
    await auth.refresh();
    expect(await isBound(auth)).toBe(true);
    const { accessToken = '' } = (await tokensOf(storage)) ?? {};
    expect((await me(binding.url, accessToken)).json).toMatchObject({ status: 401, code: 'dpop_scheme_mismatch' });
    await auth.signOut();
    expect(events).toEqual(['signed-in', 'refreshed', expect.stringMatching(/^ended/)]);
    const ended = await binding.query(
      `SELECT FROM refresh_tokens WHERE jkt IS NOT NULL AND revoked AND revoked_reason = 'logout'`,
    );
    expect(ended).toHaveLength(1);
  });
});
