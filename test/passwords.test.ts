// How passwords are kept, and that checking them neither lets anyone in nor the service down.
import { describe, expect, it, vi } from 'vitest';
import { Users } from '../src/users/users.js';
import { bearer, call, mobile, register, somebody } from './support/client.js';
import { type Service, startServiceForTest } from './support/service.js';

const signUp = (service: Service, password: string) =>
  call(service.url, 'POST', '/auth/register', { body: { ...somebody(), password } });
const login = (service: Service, email: string, password: string) =>
  call(service.url, 'POST', '/auth/login', { body: { email, password, transport: 'bearer' } });
const hashOf = async (service: Service, email: string) =>
  (await service.query<{ h: string }>('SELECT password_hash AS h FROM users WHERE email = $1', [email]))[0]?.h;

describe('a new password', () => {
  it('needs 15 characters, counted in code points, of any kind (NIST SP 800-63B-4 §3.1.1.2)', async () => {
    const service = await startServiceForTest();
    for (const password of ['😀'.repeat(15), ' '.repeat(15), '1'.repeat(15), 'e\u0301'.repeat(15), 'ü'.repeat(1024)]) {
      expect((await signUp(service, password)).status).toBe(201);
    }
    for (const password of ['😀'.repeat(14), 'x'.repeat(14), 'e\u0301'.repeat(14), 'x'.repeat(1025), '']) {
      const answer = await signUp(service, password);
      expect([answer.status, answer.json['code']]).toEqual([422, 'password_rejected']);
      expect(answer.json['errors'][0]).toMatchObject({
        path: 'password',
        message: expect.stringContaining('characters'),
      });
    }
  });

  it('that is no Unicode is refused', async () => {
    const service = await startServiceForTest();
    const rawBody = `{"email":"${somebody().email}","password":"${'x'.repeat(20)}\\ud800"}`;
    expect((await call(service.url, 'POST', '/auth/register', { rawBody })).json['code']).toBe('password_rejected');
  });

  it('may be as short as the setting allows', async () => {
    const service = await startServiceForTest({ PASSWORD_MIN_LENGTH: '8' });
    expect((await signUp(service, '8 signs.')).status).toBe(201);
  });

  it('is kept as argon2id with the parameters of the settings, OWASP’s by default (ASVS 11.4.2)', async () => {
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
    const password = ` Caf\u00e9 ${'x'.repeat(90)}Y`;
    const { email } = await register(service.url, { ...somebody(), password });
    expect((await login(service, email, password.normalize('NFD'))).status).toBe(200);
    for (const wrong of [password.trim(), password.toLowerCase(), password.slice(0, -1), `${password.slice(0, -1)}Z`]) {
      expect((await login(service, email, wrong)).json['code']).toBe('invalid_credentials');
    }
  });

  it('takes whatever password registration took, and refuses longer ones like any other wrong one', async () => {
    const service = await startServiceForTest();
    const password = '\u1100\u1161\u11a8'.repeat(900);
    const { email } = await register(service.url, { ...somebody(), password });
    expect((await login(service, email, password)).status).toBe(200);
    expect((await login(service, email, 'x'.repeat(30_000))).json['code']).toBe('invalid_credentials');
  });

  it('renews a hash of other parameters, and leaves today’s alone', async () => {
    const service = await startServiceForTest();
    const person = await register(service.url);
    const { hash } = await import('@node-rs/argon2');
    const old = await hash(person.password, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await service.query('UPDATE users SET password_hash = $2 WHERE email = $1', [person.email, old]);
    await mobile(service.url, person);
    const renewed = await hashOf(service, person.email);
    expect(renewed).toMatch(/^\$argon2id\$v=19\$m=7168,t=1,p=1\$/);
    await mobile(service.url, person);
    expect(await hashOf(service, person.email)).toBe(renewed);
  });

  it('of a user without a password, or with a broken hash, fails like any other', async () => {
    const service = await startServiceForTest();
    const person = await register(service.url);
    for (const stored of [null, '', '$argon2id$broken', 'x']) {
      await service.query('UPDATE users SET password_hash = $2 WHERE email = $1', [person.email, stored]);
      expect((await login(service, person.email, person.password)).json['code']).toBe('invalid_credentials');
    }
  });

  it('beyond the queue hears 503 overloaded, and the rest of the service goes on', async () => {
    const service = await startServiceForTest({
      PASSWORD_QUEUE_LENGTH: '6',
      PASSWORD_HASH_CONCURRENCY: '1',
      ARGON2_MEMORY_KIB: '65536',
      ARGON2_PASSES: '8',
    });
    const phone = await mobile(service.url);
    const lookUps = vi.spyOn(service.app.get(Users), 'findByEmail');
    const storm = Array.from({ length: 16 }, () => login(service, phone.person.email, phone.person.password));
    const during = await call(service.url, 'GET', '/auth/me', { headers: bearer(phone.accessToken) });
    const lookedUp = lookUps.mock.calls.length;
    for (const path of ['/auth/login', '/auth/register'])
      expect(await call(service.url, 'POST', path, { rawBody: '{ not even read' })).toMatchObject({ status: 503 });
    const answers = await Promise.all(storm);
    expect(await call(service.url, 'POST', '/auth/login', { rawBody: '{ now it is' })).toMatchObject({ status: 400 });
    expect(during.status).toBe(200);
    expect(lookedUp).toBeLessThanOrEqual(1 + 2); // those who wait longer are looked up later
    const refused = answers.filter((answer) => answer.status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(3);
    expect(lookUps).toHaveBeenCalledTimes(answers.length - refused.length); // who is one too many costs no query
    for (const answer of refused) {
      expect(answer.json).toMatchObject({ status: 503, code: 'overloaded', session: 'keep', retryAfter: 1 });
      expect(answer.headers['retry-after']).toBe('1');
    }
  });

  it('costs an unknown user the same work as a known one', async () => {
    const service = await startServiceForTest({ ARGON2_MEMORY_KIB: '65536', ARGON2_PASSES: '3' });
    const person = await register(service.url);
    const time = async (email: string) => {
      const times: number[] = [];
      for (let round = 0; round < 5; round++) {
        const start = performance.now();
        await login(service, email, 'a wrong passphrase');
        times.push(performance.now() - start);
      }
      return times.toSorted((a, b) => a - b)[2] ?? 0;
    };
    const [known, unknown] = [await time(person.email), await time(somebody().email)];
    // Without the decoy the ratio is far below a tenth; no absolute time is asserted.
    expect(unknown / known).toBeGreaterThan(0.3);
    expect(unknown / known).toBeLessThan(3);
  });
});
