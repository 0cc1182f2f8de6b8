// Nobody gets in by trying, and nobody is locked out by a stranger: the budgets of guesses (docs/protocols/guessing.md).
import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, bearer, call, mobile, type Person, register, somebody } from './support/client.js';
import { cloneDatabase, type Service, startService } from './support/service.js';
import { startStill, stopTime } from './support/still-time.js';

/** Each caller says where they call from. */
const behindProxy = { TRUST_PROXY: '1' };

const guess = (service: Service, email: string, password: string, ip = '198.51.100.1', extra: object = {}) =>
  call(service.url, 'POST', '/auth/login', {
    body: { email, password, transport: 'bearer', ...extra },
    headers: { 'x-forwarded-for': ip },
  });

const codes = (answers: readonly Answer[]) => answers.map(({ status }) => status);
const count = (answers: readonly Answer[], status: number) => codes(answers).filter((each) => each === status).length;

/** Wrong passwords, one after the other. */
async function guessTimes(service: Service, { email }: Pick<Person, 'email'>, times: number, ip?: string) {
  const answers: Answer[] = [];
  for (let n = 0; n < times; n++) answers.push(await guess(service, email, `wrong ${n}`, ip));
  return answers;
}

describe('guesses on one account', () => {
  it('300 wrong passwords and then the right one: from where they came it does not help (ASVS 6.3.1)', async () => {
    const service = await startStill(behindProxy);
    const person = await register(service.url);
    const answers = await guessTimes(service, person, 300);
    expect(count(answers, 401)).toBe(6);
    expect(count(answers, 429)).toBe(294);
    const right = await guess(service, person.email, person.password);
    expect(right.json).toMatchObject({ status: 429, code: 'too_many_attempts', session: 'keep' });
    expect(Number(right.headers['retry-after'])).toBe(right.json['retryAfter']);
    expect(right.json['retryAfter']).toBeGreaterThanOrEqual(1);
  });

  it('in parallel 6 of 200 pass from one network, 21 from thirty', async () => {
    const service = await startStill({
      ...behindProxy,
      HASH_QUEUE_SHARE: '100',
      PASSWORD_QUEUE_LENGTH: '500',
    });
    const parallel = (email: string, ipOf: (n: number) => string) =>
      Promise.all(Array.from({ length: 200 }, (_, n) => guess(service, email, `wrong ${n}`, ipOf(n))));
    const one = await parallel((await register(service.url)).email, () => '198.51.100.1');
    expect([count(one, 401), count(one, 429)]).toEqual([6, 194]);
    const thirty = await parallel((await register(service.url)).email, (n) => `198.51.${n % 30}.1`);
    expect([count(thirty, 401), count(thirty, 429)]).toEqual([21, 179]);
  });

  it('each delay is twice the one before, at most as long as the setting says', async () => {
    const service = await startStill({ ...behindProxy, GUESS_DELAY_SECONDS: '16' });
    const person = await register(service.url);
    await guessTimes(service, person, 6);
    const delays: number[] = [];
    for (let n = 0; n < 6; n++) {
      const { json } = await guess(service, person.email, 'wrong');
      delays.push(json['retryAfter'] as number);
      await service.advance(json['retryAfter'] as number);
      expect((await guess(service, person.email, 'wrong')).status).toBe(401);
    }
    expect(delays).toEqual([2, 4, 8, 16, 16, 16]);
  });

  it('who waits gets in with the right password, and then has a whole budget again', async () => {
    const service = await startStill(behindProxy);
    const person = await register(service.url);
    await guessTimes(service, person, 6);
    await service.advance(3);
    expect((await guess(service, person.email, person.password)).status).toBe(200);
    expect(codes(await guessTimes(service, person, 7))).toEqual([401, 401, 401, 401, 401, 401, 429]);
  });

  it('a stranger closes their own lane only: from elsewhere the person signs in at the first try', async () => {
    const service = await startStill(behindProxy);
    const person = await register(service.url);
    await guessTimes(service, person, 200);
    expect((await guess(service, person.email, person.password, '203.0.113.5')).status).toBe(200);
  });

  it('an X-Forwarded-For that nobody believes opens no other lane', async () => {
    const service = await startStill();
    const person = await register(service.url);
    const answers: Answer[] = [];
    for (let n = 0; n < 40; n++) answers.push(await guess(service, person.email, 'wrong', `198.51.100.${n}`));
    expect(count(answers, 401)).toBe(6);
  });

  it('behind a proxy only the address counts that the proxy itself has added, not those that the client sent', async () => {
    const service = await startStill(behindProxy);
    const person = await register(service.url);
    const answers: Answer[] = [];
    for (let n = 0; n < 40; n++)
      answers.push(await guess(service, person.email, 'wrong', `192.0.2.${n}, 10.0.${n}.1, 198.51.100.1`));
    expect(count(answers, 401)).toBe(6);
  });

  it('every spelling of an address is one budget', async () => {
    const service = await startStill(behindProxy);
    const person = await register(service.url);
    const spellings = ['198.51.100.7', '::ffff:198.51.100.7', '::ffff:c633:6407', '64:ff9b::198.51.100.7'];
    const answers: Answer[] = [];
    for (let n = 0; n < 12; n++) answers.push(await guess(service, person.email, 'wrong', spellings[n % 4]));
    expect(count(answers, 401)).toBe(6);
  });

  it('100 wrong guesses in a row close the account to unknown devices (NIST SP 800-63B-4 §3.2.2)', async () => {
    const service = await startStill({ ...behindProxy, GUESSES_MAX: '30', GUESS_DELAY_ACCOUNT_SECONDS: '4' });
    const person = await register(service.url);
    let passed = 0;
    for (let n = 0; n < 60; n++) {
      if ((await guess(service, person.email, 'wrong', `198.51.${n}.1`)).status === 401) passed++;
      await service.advance(5);
    }
    expect(passed).toBe(30);
    await service.advance(86_400);
    expect((await guess(service, person.email, person.password, '203.0.113.5')).status).toBe(429);
  });

  it('an unknown address and a disabled user are refused in the same way as a known one', async () => {
    const service = await startStill(behindProxy);
    const [known, disabled] = [await register(service.url), await register(service.url)];
    await service.query('UPDATE users SET disabled_at = now() WHERE email = $1', [disabled.email]);
    const told = async (person: Person) => {
      const answers: Answer[] = [];
      for (let n = 0; n < 9; n++) answers.push(await guess(service, person.email, person.password));
      return answers.map(({ status, json, headers }) => {
        const { date: _date, 'x-request-id': _id, ...rest } = headers;
        return { status, headers: rest, json: { ...json, requestId: '' } };
      });
    };
    const wrong = { ...known, password: 'not the passphrase of them' };
    const [ofKnown, ofUnknown, ofDisabled] = [await told(wrong), await told(somebody()), await told(disabled)];
    expect(ofKnown.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401, 429, 429, 429]);
    expect(ofUnknown).toEqual(ofKnown);
    expect(ofDisabled).toEqual(ofKnown);
  });

  it('a change of the password charges the same budget as a sign-in', async () => {
    const service = await startStill(behindProxy);
    const phone = await mobile(service.url);
    const change = (currentPassword: string) =>
      call(service.url, 'POST', '/auth/password', {
        body: { currentPassword, newPassword: `another passphrase ${randomUUID()}` },
        headers: { ...bearer(phone.accessToken), 'x-forwarded-for': '198.51.100.1' },
      });
    const answers: Answer[] = [];
    for (let n = 0; n < 3; n++) answers.push(await change('wrong'), await guess(service, phone.person.email, 'wrong'));
    expect(codes(answers)).toEqual([401, 401, 401, 401, 401, 401]);
    const limited = await change(phone.person.password);
    expect(limited.json).toMatchObject({ code: 'too_many_attempts', session: 'keep' });
    expect((await guess(service, phone.person.email, phone.person.password)).status).toBe(429);
  });

  it('hold over a restart and on two instances', async () => {
    const databaseUrl = await cloneDatabase();
    const one = await stopTime(await startService(behindProxy, { databaseUrl }));
    const two = await startService(behindProxy, { databaseUrl });
    onTestFinished(() => two.stop());
    const person = await register(one.url);
    const answers: Answer[] = [];
    for (let n = 0; n < 4; n++) {
      answers.push(await guess(one, person.email, 'wrong'), await guess(two, person.email, 'wrong'));
    }
    expect(count(answers, 401)).toBe(6);
    await one.stop();
    const again = await startService(behindProxy, { databaseUrl });
    onTestFinished(() => again.stop());
    expect((await guess(again, person.email, person.password)).status).toBe(429);
  });

  it('without an address of the caller only the budget of all counts, and the log warns', async () => {
    const service = await startStill({ ...behindProxy, GUESSES_FREE_ACCOUNT: '8' });
    const person = await register(service.url);
    const answers: Answer[] = [];
    for (let n = 0; n < 20; n++) answers.push(await guess(service, person.email, 'wrong', 'unknown'));
    expect(count(answers, 401)).toBe(9);
    expect(service.log.filter(({ event }) => event === 'limits.no_address')).toHaveLength(1);
  });

  it('RATE_LIMITS=off switches every limit off', async () => {
    const service = await startStill({ ...behindProxy, RATE_LIMITS: 'off', FAILURES_PER_ADDRESS: '10' });
    const person = await register(service.url);
    expect(count(await guessTimes(service, person, 40), 401)).toBe(40);
    const { json } = await guess(service, person.email, person.password);
    expect(json['deviceToken']).toBeUndefined();
    expect(await service.query('SELECT * FROM guess_budgets')).toEqual([]);
  });
});
