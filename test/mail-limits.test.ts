// Nobody is flooded with mail, and asking for a mail tells nobody who has an account.
import { describe, expect, it, onTestFinished } from 'vitest';
import { KeyWatch } from '../src/keys/key-watch.js';
import { Spray } from '../src/limits/spray.js';
import { MailDelivery } from '../src/mail/mail-delivery.js';
import { MailHealth } from '../src/mail/mail-health.js';
import { type Answer, call, register, somebody } from './support/client.js';
import { mailed } from './support/one-time-tokens.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';

const FORGOT = '/auth/password/forgot';
const RESEND = '/auth/email/verify/resend';

/** What is queued stays: nothing is sent. */
async function start(settings: Record<string, string> = {}, databaseUrl?: string): Promise<Service> {
  const service = await startServiceForTest({ TRUST_PROXY: '1', ...settings }, databaseUrl ? { databaseUrl } : {});
  await service.app.get(MailDelivery).beforeApplicationShutdown();
  return service;
}

const post = (service: Service, path: string, body: object, ip = '198.51.100.1') =>
  call(service.url, 'POST', path, { body, headers: { 'x-forwarded-for': ip } });
const ask = (service: Service, path: string, email: string, ip?: string) => post(service, path, { email }, ip);
const queued = async (service: Service) =>
  (await service.query<{ n: number }>('SELECT count(*)::int AS n FROM mail_outbox'))[0]?.n;
/** The store of volumes goes by the clock of the process, which these tests cannot move. */
const letPass = (service: Service, window: string) =>
  service.query(`UPDATE rate_limits SET expire = 1 WHERE key LIKE $1 || ':%'`, [window]);

describe('one address', () => {
  it('is sent one mail of a kind a minute, another kind at once; every request gets 202', async () => {
    const service = await start();
    const { email } = somebody();
    const answers: Answer[] = [];
    for (let n = 0; n < 5; n++) answers.push(await ask(service, FORGOT, email, `198.51.100.${n}`));
    expect(answers.map(({ status, text }) => [status, text])).toEqual(Array.from({ length: 5 }, () => [202, '']));
    expect(await queued(service)).toBe(1);
    await ask(service, RESEND, email);
    expect(await queued(service)).toBe(2);
    await letPass(service, 'mail:pause');
    await ask(service, FORGOT, ` ${email.toUpperCase()} `); // another spelling is no other address
    expect(await queued(service)).toBe(3);
    for (const same of [email, email.replace('@', '+a@'), email.replace('@', '+b+c@')])
      await ask(service, FORGOT, same);
    expect(await queued(service)).toBe(3);
  });

  it('is sent 5 mails an hour and 10 a day, of all kinds together', async () => {
    const service = await start();
    const { email } = somebody();
    const askTimes = async (times: number) => {
      for (let n = 0; n < times; n++) {
        await ask(service, n % 2 ? FORGOT : RESEND, email);
        await letPass(service, 'mail:pause');
      }
    };
    await askTimes(9);
    expect(await queued(service)).toBe(5);
    await letPass(service, 'mail:hour');
    await askTimes(9);
    expect(await queued(service)).toBe(10);
    await letPass(service, 'mail:hour');
    await askTimes(9);
    expect(await queued(service)).toBe(10);
    await letPass(service, 'mail:day');
    await askTimes(1);
    expect(await queued(service)).toBe(11);
  });

  it('has limits that the operator sets', async () => {
    const service = await start({ MAIL_PAUSE_SECONDS: '1', MAILS_PER_HOUR: '2', MAILS_PER_DAY: '3' });
    const { email } = somebody();
    for (const [window, total] of [['mail:hour', 2] as const, ['mail:hour', 3] as const]) {
      for (let n = 0; n < 4; n++) {
        await ask(service, FORGOT, email);
        await letPass(service, 'mail:pause');
      }
      expect(await queued(service)).toBe(total);
      await letPass(service, window);
    }
  });

  it('keeps its budget to itself: a flood to one leaves the others alone', async () => {
    const service = await start();
    const { email } = somebody();
    await Promise.all(Array.from({ length: 30 }, () => ask(service, FORGOT, email)));
    expect(await queued(service)).toBe(1);
    await ask(service, FORGOT, somebody().email);
    expect(await queued(service)).toBe(2);
  });

  it('that is registered again too soon is refused, known or not, and the registration changes nothing', async () => {
    const service = await start({ REGISTRATION: 'verified' });
    const person = somebody();
    expect((await post(service, '/auth/register', person)).status).toBe(202);
    const before = await service.query('SELECT * FROM users');
    const again = await post(service, '/auth/register', { ...person, password: 'quite another passphrase' });
    expect(again.json).toMatchObject({ status: 429, code: 'too_many_attempts' });
    expect(again.json['retryAfter']).toBeGreaterThan(50);
    expect(await service.query('SELECT * FROM users')).toEqual(before);
    const [user] = await service.query<{ id: string }>('SELECT id FROM users');
    const { token } = await mailed(service, user?.id ?? '', 'verify');
    expect((await post(service, '/auth/email/verify', { token })).status).toBe(204);
    await letPass(service, 'mail:pause');
    for (const status of [202, 429]) expect((await post(service, '/auth/register', person)).status).toBe(status);
  });
});

describe('one network', () => {
  it('asks for 20 mails an hour, whichever the addresses; then it waits, and the others do not', async () => {
    const service = await start({ MAIL_REQUESTS_PER_ADDRESS: '20' });
    const answers: Answer[] = [];
    for (let n = 0; n < 22; n++)
      answers.push(await ask(service, n % 2 ? FORGOT : RESEND, somebody().email, `2001:db8:1:2::${n}`));
    expect(answers.slice(0, 20).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 202));
    for (const { json, headers } of answers.slice(20)) {
      expect(json).toMatchObject({ status: 429, code: 'too_many_attempts', session: 'keep' });
      expect(Number(headers['retry-after'])).toBeGreaterThan(3_000);
    }
    expect(await queued(service)).toBe(20);
    expect((await ask(service, FORGOT, somebody().email, '2001:db8:1:3::1')).status).toBe(202);
  });
});

describe('the whole service', () => {
  it('mails at most so often a minute, whoever asks; who is refused has lost nothing', async () => {
    const service = await start({ MAILS_PER_MINUTE: '10' });
    for (let n = 0; n < 10; n++) await ask(service, FORGOT, somebody().email, `198.51.${n}.1`);
    const { email } = await register(service.url);
    for (const address of [email, somebody().email]) {
      const refused = await ask(service, FORGOT, address, '203.0.113.9');
      expect(refused.json).toMatchObject({ status: 429, code: 'too_many_attempts' });
      expect(refused.json['retryAfter']).toBeLessThanOrEqual(60);
    }
    expect(await queued(service)).toBe(10);
    await letPass(service, 'mail:everybody');
    expect((await ask(service, FORGOT, email)).status).toBe(202);
    expect(await queued(service)).toBe(11);
  });

  it('has no such limits where they are off', async () => {
    const service = await start({ RATE_LIMITS: 'off' });
    const { email } = somebody();
    for (let n = 0; n < 30; n++) expect((await ask(service, FORGOT, email)).status).toBe(202);
    expect(await queued(service)).toBe(30);
  });
});

describe('known, unknown, unverified, pending, disabled and password-less addresses', () => {
  it('cannot be told apart by status, body, headers or statements, wherever a mail is asked for', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const service = await startService({ REGISTRATION: 'verified' }, { databaseUrl: proxy.url });
    onTestFinished(async () => {
      await service.stop();
      proxy.close();
    });
    // Their statements are of no request.
    for (const each of [MailDelivery, MailHealth, Spray])
      await service.app.get(each, { strict: false }).beforeApplicationShutdown();
    service.app.get(KeyWatch).onApplicationShutdown();
    const states = {
      known: 'email_verified_at = now()',
      unverified: 'email_verified_at = NULL',
      pending: `pending_until = now() + interval '3 days'`,
      disabled: 'email_verified_at = now(), disabled_at = now()',
      passwordless: 'email_verified_at = now(), password_hash = NULL',
    };
    const addresses = async () => {
      const unknown = [{ state: 'unknown', email: somebody().email }];
      const known = Object.entries(states).map(async ([state, changes]) => {
        const { email } = somebody();
        await service.query(
          `INSERT INTO users (id, email, password_hash) VALUES (gen_random_uuid(), $1, '$argon2id$v=19$m=7168,t=1,p=1$AA$AA')`,
          [email],
        );
        await service.query(`UPDATE users SET ${changes} WHERE email = $1`, [email]);
        return { state, email };
      });
      return [...unknown, ...(await Promise.all(known))];
    };
    const routes = {
      [FORGOT]: (email: string) => ({ email }),
      [RESEND]: (email: string) => ({ email }),
      '/auth/register': (email: string) => ({ email, password: 'quite another passphrase' }),
    };
    for (const [path, bodyOf] of Object.entries(routes)) {
      await post(service, path, bodyOf(somebody().email)); // whatever is done once is done
      const seen: Record<string, object> = {};
      for (const { state, email } of await addresses()) {
        const before = proxy.statements;
        const { status, text, headers } = await post(service, path, bodyOf(email));
        const shown = { ...headers, date: '', 'x-request-id': '' };
        seen[state] = { status, text, headers: shown, statements: proxy.statements - before };
      }
      expect(seen['known']).toMatchObject({ status: 202, text: '' });
      for (const [state, each] of Object.entries(seen))
        expect([path, state, each]).toEqual([path, state, seen['known']]);
    }
  });
});
