// A passkey signs in, alone. Whatever is wrong with its answer, the refusal is the same.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Algorithm, Authenticator, type Spoiled } from './support/authenticator.js';
import { bearer, Browser, call, decode, me, type Tokens } from './support/client.js';
import { holder, optionsOf, signInBy, signInIn, signInWith } from './support/passkeys.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const refused = { status: 401, code: 'invalid_credentials' };

const reasonsOf = async (userId: string): Promise<unknown[]> => {
  const rows = await service.query<{ reason: string }>(
    "SELECT details->>'reason' AS reason FROM audit_events WHERE user_id = $1 AND type = 'login.failed' ORDER BY id",
    [userId],
  );
  return rows.map(({ reason }) => reason);
};

const countOf = async (userId: string): Promise<number> =>
  Number(
    (await service.query<{ n: string }>('SELECT sign_count AS n FROM passkeys WHERE user_id = $1', [userId]))[0]?.n,
  );

describe('a passkey', () => {
  it.each<[string, Algorithm]>([
    ['ES256', -7],
    ['EdDSA', -8],
    ['RS256', -257],
  ])('of %s signs in with user verification, as both factors at once', async (_, algorithm) => {
    const { key, userId } = await holder(service, new Authenticator(algorithm));
    const options = await optionsOf(service);
    expect(options).toMatchObject({ rpId: 'auth.test', userVerification: 'required', timeout: 300_000 });
    expect(options['allowCredentials']).toBeUndefined();
    const answer = await signInWith(service, key.get(options));
    expect(answer.status).toBe(200);
    const claims = decode((answer.json as Tokens).accessToken);
    expect(claims).toMatchObject({ sub: userId, amr: ['pop', 'user', 'mfa'], acr: 'phr' });
    const [row] = await service.query('SELECT last_used_at FROM passkeys WHERE user_id = $1', [userId]);
    expect(row?.['last_used_at']).not.toBeNull();
  });

  it('signs in a browser, whose cookie alone makes the challenge good', async () => {
    const { key } = await holder(service);
    const browser = new Browser(service.url);
    const answer = await signInIn(browser, key);
    expect(answer.status).toBe(200);
    expect(answer.json['accessToken']).toBeUndefined();
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
  });

  it('keeps several tabs of one browser apart: each has a challenge of its own', async () => {
    const { key } = await holder(service);
    const browser = new Browser(service.url);
    const first = await browser.go('POST', '/auth/login/passkey/options');
    const second = await browser.go('POST', '/auth/login/passkey/options');
    for (const { json } of [first, second]) {
      const body = { credential: key.get(json) };
      expect((await browser.go('POST', '/auth/login/passkey', { body })).status).toBe(200);
    }
  });

  it('leaves nothing behind where nobody answers a challenge', async () => {
    const own = await startServiceForTest();
    for (let starts = 0; starts < 5; starts++) await optionsOf(own);
    expect(await own.query('SELECT 1 FROM spent_challenges')).toEqual([]);
  });
});

describe('an answer is refused', () => {
  const wrong: [string, Spoiled][] = [
    ['that was signed in a frame of another site', { clientData: { crossOrigin: true } }],
    ['that names the site around it', { clientData: { topOrigin: 'https://evil.example' } }],
    ['that was signed on a page of another origin', { origin: 'https://auth.test.evil.example' }],
    ['of a passkey that signed for another domain', { rpId: 'evil.example' }],
    ['whose client data were changed after', { editAfter: (text) => text.replace('"crossOrigin":false', '"a":1') }],
    ['without user verification (WebAuthn §7.2, NIST SP 800-63B-4 §3.1.7.2)', { verified: false }],
    ['without anybody present', { present: false, verified: false }],
    ['of another ceremony', { clientData: { type: 'webauthn.create' } }],
    ['to no challenge of ours', { challenge: 'AAAA' }],
    ['that names nobody', { userHandle: null }],
    ['that names nobody who exists', { userHandle: Buffer.alloc(16).toString('base64url') }],
  ];

  it.each(wrong)('%s', async (_, spoiled) => {
    const { key, userId } = await holder(service);
    expect((await signInBy(service, key, spoiled)).json).toMatchObject(refused);
    expect(
      await service.query("SELECT 1 FROM audit_events WHERE user_id = $1 AND type = 'passkey.counter_back'", [userId]),
    ).toEqual([]);
    expect((await signInBy(service, key)).status).toBe(200);
  });

  it('of a passkey that could be backed up, and now says that it cannot (WebAuthn §7.2)', async () => {
    const { key } = await holder(service, new Authenticator(-7, { synced: true }));
    const spoiled = { backupEligible: false, backedUp: false };
    expect((await signInBy(service, key, spoiled)).json).toMatchObject(refused);
    expect((await signInBy(service, key)).status).toBe(200);
  });

  it('that names another user, who has a passkey too', async () => {
    const [mine, other] = [await holder(service), await holder(service)];
    const answer = await signInBy(service, mine.key, { userHandle: other.key.userHandle });
    expect(answer.json).toMatchObject(refused);
  });

  it('of a passkey that copies the id of another user’s: it opens its own account only', async () => {
    const victim = await holder(service);
    const copy = new Authenticator();
    copy.credentialId = victim.key.credentialId;
    const thief = await holder(service, copy);
    expect(decode((await signInBy(service, copy)).json['accessToken'] as string)['sub']).toBe(thief.userId);
    expect((await signInBy(service, copy, { userHandle: victim.key.userHandle })).json).toMatchObject(refused);
    expect(await reasonsOf(victim.userId)).toEqual(['wrong_passkey']);
  });

  it('of a passkey that nobody registered', async () => {
    const { key } = await holder(service);
    key.credentialId = Buffer.alloc(32, 7);
    expect((await signInBy(service, key)).json).toMatchObject(refused);
  });

  it('of a passkey of another domain, from before the domain changed', async () => {
    const { key, userId } = await holder(service);
    await service.query("UPDATE passkeys SET rp_id = 'old.test' WHERE user_id = $1", [userId]);
    expect((await signInBy(service, key)).json).toMatchObject(refused);
    await service.query("UPDATE passkeys SET rp_id = 'auth.test' WHERE user_id = $1", [userId]);
  });

  it('a second time: a challenge is met once', async () => {
    const { key } = await holder(service);
    const credential = key.get(await optionsOf(service));
    expect((await signInWith(service, credential)).status).toBe(200);
    expect((await signInWith(service, credential)).json).toMatchObject(refused);
  });

  it('twenty times at once: one of them signs in, and nobody is paged', async () => {
    const { key, userId } = await holder(service, new Authenticator(-7, { counts: true }));
    const credential = key.get(await optionsOf(service));
    const answers = await Promise.all(Array.from({ length: 20 }, () => signInWith(service, credential)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 200).map(({ json }) => json['code'])).toEqual(
      Array.from({ length: 19 }, () => 'invalid_credentials'),
    );
    const sessions = await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [userId]);
    expect(sessions).toHaveLength(2); // and the one of its registration
    expect(await alertsOf(userId)).toEqual([]);
  });

  it('after five minutes, by the time of the database', async () => {
    const own = await startServiceForTest();
    const { key } = await holder(own);
    const early = await optionsOf(own);
    const late = await optionsOf(own);
    await own.advance(298);
    expect((await signInWith(own, key.get(early))).status).toBe(200);
    await own.advance(3);
    expect((await signInWith(own, key.get(late))).json).toMatchObject(refused);
  });

  it('to the challenge of another browser, or of an app', async () => {
    const { key } = await holder(service);
    const [mine, other] = [new Browser(service.url), new Browser(service.url)];
    const { json } = await other.go('POST', '/auth/login/passkey/options');
    await mine.go('POST', '/auth/login/passkey/options');
    const post = (browser: Browser, options: object) =>
      browser.go('POST', '/auth/login/passkey', { body: { credential: key.get(options) } });
    expect((await post(mine, json)).json).toMatchObject(refused);
    expect((await post(mine, await optionsOf(service))).json).toMatchObject(refused);
    expect((await signInWith(service, key.get(json))).json).toMatchObject(refused);
    expect((await post(new Browser(service.url), json)).json).toMatchObject(refused);
    expect((await post(other, json)).status).toBe(200);
  });
});

const alertsOf = (userId: string) =>
  service.query("SELECT 1 FROM audit_events WHERE user_id = $1 AND type = 'passkey.counter_back'", [userId]);

describe('the counter of an authenticator', () => {
  it.each([
    ['goes back', 3],
    ['stands still', 5],
    ['is gone', 0],
  ])('that %s refuses, pages somebody, and keeps the passkey', async (_, counter) => {
    const { key, userId } = await holder(service);
    expect((await signInBy(service, key, { counter: 5 })).status).toBe(200);
    expect((await signInBy(service, key, { counter })).json).toMatchObject(refused);
    expect(await reasonsOf(userId)).toEqual(['counter_back']);
    expect(await alertsOf(userId)).toHaveLength(1);
    expect(service.log.filter((line) => line['event'] === 'passkey.counter_back' && line['userId'] === userId)).toEqual(
      [expect.objectContaining({ alert: true, level: 'error' })],
    );
    expect(await countOf(userId)).toBe(5);
    expect((await signInBy(service, key, { counter: 6 })).status).toBe(200);
  });

  it('counts one of two answers with the same figure, though both were verified before either counted', async () => {
    const { key, userId } = await holder(service);
    const holdingUp = new pg.Client({ connectionString: service.databaseUrl });
    await holdingUp.connect();
    await holdingUp.query('BEGIN');
    await holdingUp.query('SELECT 1 FROM passkeys WHERE user_id = $1 FOR UPDATE', [userId]);
    const one = key.get(await optionsOf(service), { counter: 9 });
    const two = key.get(await optionsOf(service), { counter: 9 });
    const answers = Promise.all([one, two].map((credential) => signInWith(service, credential)));
    await until('both wait to count', async () => {
      const waiting = await service.query(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return waiting.length === 2;
    });
    await holdingUp.query('COMMIT');
    await holdingUp.end();
    expect((await answers).map(({ status }) => status).toSorted()).toEqual([200, 401]);
    expect(await countOf(userId)).toBe(9);
  });
});

describe('an account', () => {
  it('that is disabled opens by no passkey', async () => {
    const { key, userId } = await holder(service);
    await service.query('UPDATE users SET disabled_at = protocol_now() WHERE id = $1', [userId]);
    expect((await signInBy(service, key)).json).toMatchObject(refused);
    expect(await reasonsOf(userId)).toEqual(['disabled']);
  });

  it('whose address is not verified yet opens by no passkey', async () => {
    const { key, userId } = await holder(service);
    await service.query("UPDATE users SET pending_until = protocol_now() + interval '1 day' WHERE id = $1", [userId]);
    expect((await signInBy(service, key)).json).toMatchObject({ status: 403, code: 'email_unverified' });
    await service.query('UPDATE users SET pending_until = null WHERE id = $1', [userId]);
  });

  it('that was deleted takes its passkeys along', async () => {
    const { key, userId } = await holder(service);
    const headers = bearer(((await signInBy(service, key)).json as Tokens).accessToken);
    const answer = await call(service.url, 'DELETE', '/auth/me', { headers });
    expect(answer.status).toBe(204);
    expect((await signInBy(service, key)).json).toMatchObject(refused);
    expect(await service.query('SELECT 1 FROM passkeys WHERE user_id = $1', [userId])).toEqual([]);
  });
});

it('a network that presents many wrong passkeys is refused for an hour', async () => {
  const own = await startServiceForTest({ FAILURES_PER_ADDRESS: '10' });
  const { key } = await holder(own);
  for (let tries = 0; tries < 10; tries++)
    expect((await signInBy(own, key, { verified: false })).json).toMatchObject(refused);
  const answer = await signInBy(own, key);
  expect(answer.json).toMatchObject({ status: 429, code: 'too_many_attempts' });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(3_000);
});

it('a session that a passkey started goes on like any other', async () => {
  const { key } = await holder(service);
  const { json } = await signInBy(service, key);
  const { accessToken, refreshToken } = json as Tokens;
  expect((await me(service.url, accessToken)).json).toMatchObject({ methods: ['pop', 'user', 'mfa'] });
  const next = await call(service.url, 'POST', '/auth/refresh', { body: { refreshToken } });
  expect(decode(next.json['accessToken'] as string)['amr']).toEqual(['pop', 'user', 'mfa']);
});
