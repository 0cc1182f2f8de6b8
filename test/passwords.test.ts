// Passwords are stored as argon2id, and checking them neither leaks accounts nor overloads the service.
import { hash } from '@node-rs/argon2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Passwords } from '../src/credentials/password/passwords.js';
import { type Answer, call, me, mobile, register, somebody } from './support/client.js';
import { figure } from './support/instances.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const signUp = (service: Service, password: string) =>
  call(service.url, 'POST', '/auth/register', { body: { ...somebody(), password } });
const login = (service: Service, email: string, password: string) =>
  call(service.url, 'POST', '/auth/login', { body: { email, password, transport: 'bearer' } });
const hashOf = async (service: Service, email: string) =>
  (await service.query<{ h: string }>('SELECT password_hash AS h FROM users WHERE email = $1', [email]))[0]?.h;

describe('a new password', () => {
  it('needs 15 characters, counted in code points, of any kind (NIST SP 800-63B-4 §3.1.1.2)', async () => {
    const service = await startServiceForTest();
    const letters = Array.from({ length: 129 }, (_, at) => String.fromCodePoint(0xac00 + 7 * at)).join('');
    const cut = (length: number) => letters.slice(0, length);
    const faces = '😀🐶🐱🐭🐹🐰🦊🐻🐼🐨🐯🦁🐮🐷🐸';
    const kinds = [faces, ' only spaces + ~', '827364519205738', '%&/()=?*+#-.:;<', cut(15).normalize('NFD'), cut(128)];
    for (const password of kinds) expect([password, (await signUp(service, password)).status]).toEqual([password, 201]);
    for (const password of [faces.slice(2), 'only fourteen!', cut(14).normalize('NFD'), cut(129), '']) {
      const answer = await signUp(service, password);
      expect([answer.status, answer.json['code']]).toEqual([422, 'password_rejected']);
      expect(answer.json['errors'][0]).toMatchObject({
        path: 'password',
        message: expect.stringContaining('characters'),
      });
    }
  });

  it('that is not valid Unicode is refused', async () => {
    const service = await startServiceForTest();
    const rawBody = `{"email":"${somebody().email}","password":"${'x'.repeat(20)}\\ud800"}`;
    expect((await call(service.url, 'POST', '/auth/register', { rawBody })).json['code']).toBe('password_rejected');
  });

  it('may be as short as the setting allows', async () => {
    const service = await startServiceForTest({ PASSWORD_MIN_LENGTH: '8' });
    expect((await signUp(service, '8 signs.')).status).toBe(201);
  });

  it('is stored as argon2id with the parameters of the settings, by default OWASP’s (ASVS 11.4.2)', async () => {
    const service = await startServiceForTest({ ARGON2_MEMORY_KIB: '', ARGON2_PASSES: '' });
    const person = await register(service.url);
    expect(await hashOf(service, person.email)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const other = await startServiceForTest({ ARGON2_MEMORY_KIB: '8192', ARGON2_PASSES: '3', ARGON2_LANES: '2' });
    const { email } = await register(other.url);
    expect(await hashOf(other, email)).toMatch(/^\$argon2id\$v=19\$m=8192,t=3,p=2\$/);
  });
});

describe('a sign-in', () => {
  it('checks the whole password, untrimmed and in its own case, but in either form of é (ASVS 6.2.8)', async () => {
    const service = await startServiceForTest();
    const password = ` Caf\u00e9 ${'a long way down '.repeat(6)}Y`;
    const { email } = await register(service.url, { ...somebody(), password });
    expect((await login(service, email, password.normalize('NFD'))).status).toBe(200);
    for (const wrong of [password.trim(), password.toLowerCase(), password.slice(0, -1), `${password.slice(0, -1)}Z`]) {
      expect((await login(service, email, wrong)).json['code']).toBe('invalid_credentials');
    }
  });

  it('accepts every password that registration ever accepted, and refuses longer ones like any wrong one', async () => {
    const service = await startServiceForTest();
    const letters = Array.from({ length: 128 }, (_, at) => String.fromCodePoint(0xac00 + 7 * at));
    const password = letters.join('').normalize('NFD');
    const { email } = await register(service.url, { ...somebody(), password });
    expect((await login(service, email, password)).status).toBe(200);
    const earlier = 'x'.repeat(1_024);
    await service.query('UPDATE users SET password_hash = $2 WHERE email = $1', [email, await hash(earlier)]);
    expect((await login(service, email, earlier)).status).toBe(200);
    expect((await login(service, email, 'x'.repeat(30_000))).json['code']).toBe('invalid_credentials');
  });

  it('renews a hash of other parameters, and leaves today’s alone', async () => {
    const service = await startServiceForTest();
    const person = await register(service.url);
    const old = await hash(person.password, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await service.query('UPDATE users SET password_hash = $2 WHERE email = $1', [person.email, old]);
    await mobile(service.url, person);
    const renewed = await hashOf(service, person.email);
    expect(renewed).toMatch(/^\$argon2id\$v=19\$m=7168,t=1,p=1\$/);
    await mobile(service.url, person);
    expect(await hashOf(service, person.email)).toBe(renewed);
  });

  it('with the right password succeeds although the queue has no place for renewing its hash', async () => {
    const service = await startServiceForTest({
      ...{ PASSWORD_QUEUE_LENGTH: '7', PASSWORD_HASH_CONCURRENCY: '1', HASH_QUEUE_SHARE: '25' },
    });
    const person = await register(service.url);
    const old = await hash(person.password, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    const [user] = await service.query<{ id: string }>(
      'UPDATE users SET password_hash = $2 WHERE email = $1 RETURNING id',
      [person.email, old],
    );
    // A renewal is counted by the user's id, a sign-in by the address: the two places of the id's share are taken.
    const held = new Deferred();
    const passwords = service.app.get(Passwords);
    const places = [1, 2].map(() => passwords.withPlace({ account: user?.id }, () => held.promise));
    await mobile(service.url, person);
    held.done();
    await Promise.all(places);
    expect(await hashOf(service, person.email)).toBe(old);
    await mobile(service.url, person);
    expect(await hashOf(service, person.email)).not.toBe(old);
  });

  it('of a user without a password, or with a broken hash, fails like any other', async () => {
    const service = await startServiceForTest();
    const person = await register(service.url);
    for (const stored of [null, '', '$argon2id$broken', 'x']) {
      await service.query('UPDATE users SET password_hash = $2 WHERE email = $1', [person.email, stored]);
      expect((await login(service, person.email, person.password)).json['code']).toBe('invalid_credentials');
    }
  });

  it('beyond the queue gets 503 overloaded without a query, and does not disturb the rest of the service', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const settings = { PASSWORD_QUEUE_LENGTH: '6', PASSWORD_HASH_CONCURRENCY: '1', RATE_LIMITS: 'off' };
    const service = await startService(settings, { databaseUrl: proxy.url });
    onTestFinished(async () => {
      await service.stop();
      proxy.close();
    });
    const phone = await mobile(service.url);
    const lookUps = new RegExp(`from "users".*${phone.person.email}`, 's');
    const before = proxy.count(lookUps);
    const held = Array.from({ length: 7 }, (_, n) => proxy.pauseBefore(lookUps, n + 1));
    const refused: Answer[] = [];
    const storm = Array.from({ length: 16 }, async () => {
      const answer = await login(service, phone.person.email, phone.person.password);
      if (answer.status !== 200) refused.push(answer);
      return answer;
    });
    await until('the queue is full', async () => {
      const waiting = await figure(service, 'watchword_password_hashes{state="waiting"}');
      return waiting === 1 + 6 && refused.length > 0;
    });
    for (const path of ['/auth/login', '/auth/register'])
      expect(await call(service.url, 'POST', path, { rawBody: '{ not even read' })).toMatchObject({ status: 503 });
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
    expect(proxy.count(lookUps) - before).toBeLessThanOrEqual(1 + 6);
    for (const each of held) each.release();
    const answers = await Promise.all(storm);
    expect(await call(service.url, 'POST', '/auth/login', { rawBody: '{ now it is' })).toMatchObject({ status: 400 });
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(6);
    expect(proxy.count(lookUps) - before).toBe(answers.length - refused.length);
    for (const answer of refused) {
      expect(answer.json).toMatchObject({ status: 503, code: 'overloaded', session: 'keep', retryAfter: 1 });
      expect(answer.headers['retry-after']).toBe('1');
    }
  });

  it('costs an unknown user the same work as a known one', async () => {
    const service = await startServiceForTest({ ARGON2_MEMORY_KIB: '65536', ARGON2_PASSES: '3' });
    const oneHash = await work(() => hash('a wrong passphrase', { memoryCost: 65_536, timeCost: 3, parallelism: 1 }));
    // Without the decoy it is a small fraction of a hash; bench/scenarios/guessing.mjs compares times.
    expect(await work(() => login(service, somebody().email, 'a wrong passphrase'))).toBeGreaterThan(oneHash / 2);
  });

  it.each([
    ['raised', { memoryCost: 8_192, timeCost: 1, parallelism: 1 }, { ARGON2_MEMORY_KIB: '65536', ARGON2_PASSES: '3' }],
    ['lowered', { memoryCost: 65_536, timeCost: 3, parallelism: 1 }, { ARGON2_MEMORY_KIB: '7168' }],
  ])('costs an unknown user the same work as a known one after the parameters were %s', async (_, before, settings) => {
    const first = await startServiceForTest();
    const old = await hash('a passphrase of before', before);
    for (let n = 0; n < 3; n++) {
      const { email } = await register(first.url);
      await first.query('UPDATE users SET password_hash = $2 WHERE email = $1', [email, old]);
    }
    const service = await startService({ ...settings, RATE_LIMITS: 'off' }, { databaseUrl: first.databaseUrl });
    onTestFinished(() => service.stop());
    const [person] = await first.query<{ email: string }>('SELECT email FROM users');
    const wrong = (email = '') => work(() => login(service, email, 'a wrong passphrase'));
    const known = middle(await inTurn(5, () => wrong(person?.email)));
    const unknown = middle(await inTurn(5, () => wrong(somebody().email)));
    // One unknown address in a hundred has today's parameters. Without the others' decoys the ratio is above 10.
    expect([unknown / known < 3, known / unknown < 3]).toEqual([true, true]);
  });
});

/** Processor time of all threads of this process: unlike wall-clock time it does not depend on other load. */
async function work(act: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let round = 0; round < 3; round++) await act();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function inTurn<T>(times: number, act: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let n = 0; n < times; n++) results.push(await act());
  return results;
}

const middle = (figures: readonly number[]) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;

class Deferred {
  readonly promise: Promise<void>;
  done: () => void = () => undefined;
  constructor() {
    this.promise = new Promise((done) => (this.done = done));
  }
}
