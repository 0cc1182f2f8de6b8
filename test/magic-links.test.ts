// A mailed link signs in, where the operator has allowed it: the first factor, for the owner of a verified address.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { type Answer, bearer, Browser, call, decode, me, mobile } from './support/client.js';
import { type MailServer, startMailServer, tokenIn } from './support/mail-server.js';
import { mailed } from './support/one-time-tokens.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const operator = { ip: null, userAgent: 'cli ops@console', requestId: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d' };

let mail: MailServer;
let service: Service;
beforeAll(async () => {
  mail = await startMailServer();
  service = await startService({ ...mail.settings, MAGIC_LINKS: 'on' });
});
afterAll(async () => {
  await service.stop();
  await mail.close();
});

const request = (email: string, { url } = service) => call(url, 'POST', '/auth/magic/request', { body: { email } });
const follow = (token: unknown, extra: object = {}, { url } = service): Promise<Answer> =>
  call(url, 'POST', '/auth/magic', { body: { token, transport: 'bearer', ...extra } });

async function verified(own = service) {
  const phone = await mobile(own.url);
  await own.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [phone.user.id]);
  return phone;
}

describe('a magic link', () => {
  it('works from end to end: ask, read the mail, follow the link, be signed in without a password', async () => {
    const { person, user } = await verified();
    const asked = await request(person.email);
    expect([asked.status, asked.text]).toEqual([202, '']);
    const token = tokenIn(await mail.mailTo(person.email, 'magic'));
    const answer = await follow(token);
    expect(answer.status).toBe(200);
    expect(answer.json['user'].id).toBe(user.id);
    expect(decode(answer.json['accessToken'])).toMatchObject({ sub: user.id, amr: [] });
    expect((await me(service.url, answer.json['accessToken'])).json).toMatchObject({ methods: [] });
    expect((await follow(token)).json['code']).toBe('token_invalid');
  });

  it('over cookies puts no token into the body', async () => {
    const { user } = await verified();
    const { token } = await mailed(service, user.id, 'magic');
    const browser = new Browser(service.url);
    const answer = await browser.go('POST', '/auth/magic', { body: { token, remember: true } });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/eyJ|wrt_/);
    expect((await browser.go('GET', '/auth/me')).status).toBe(200);
  });

  it('presented 20 times at once starts one session', async () => {
    const { user } = await verified();
    const { token } = await mailed(service, user.id, 'magic');
    const answers = await Promise.all(Array.from({ length: 20 }, () => follow(token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ json }) => json['code'] === 'token_invalid')).toHaveLength(19);
  });

  it('is mailed to nobody who is unknown, disabled or has not shown to read the address', async () => {
    const [disabled, unverified, known] = [await verified(), await mobile(service.url), await verified()];
    await service.app.get(AccountStatus).disable(disabled.user.id, { by: 'operator', caller: operator });
    const asked = [disabled.person.email, unverified.person.email, 'nobody@example.com', known.person.email];
    const answers = [];
    for (const email of asked) answers.push((await request(email)).status);
    expect(answers).toEqual([202, 202, 202, 202]);
    await mail.mailTo(known.person.email, 'magic');
    await until('nothing waits', async () => (await service.query('SELECT 1 FROM mail_outbox')).length === 0);
    const sentTo = mail.mails().flatMap(({ kind, recipients }) => (kind === 'magic' ? recipients : []));
    expect(sentTo.filter((each) => asked.includes(each))).toEqual([known.person.email]);
    const { token } = await mailed(service, unverified.user.id, 'magic');
    expect((await follow(token)).json['code']).toBe('token_invalid');
  });

  it('is void after the password changed, all sessions ended, the address changed, or ten minutes', async () => {
    const own = await startServiceForTest({ ...mail.settings, MAGIC_LINKS: 'on' });
    const acts = [
      ({ accessToken }: { accessToken: string }) =>
        call(own.url, 'POST', '/auth/logout-all', { headers: bearer(accessToken) }),
      ({ user }: { user: { id: string } }) =>
        own.query(`UPDATE users SET email = 'moved-' || email WHERE id = $1`, [user.id]),
      () => own.advance(601),
    ];
    for (const act of acts) {
      const phone = await verified(own);
      const { token } = await mailed(own, phone.user.id, 'magic', { lifeSeconds: 600 });
      await act(phone);
      expect((await follow(token, {}, own)).json['code']).toBe('token_invalid');
    }
  });

  it('cannot be followed or asked for by a page of another origin', async () => {
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    for (const path of ['/auth/magic', '/auth/magic/request'])
      expect((await call(service.url, 'POST', path, { body: {}, headers })).json['code']).toBe('csrf_rejected');
  });
});

it('without MAGIC_LINKS the routes do not exist, even for a good link', async () => {
  const own = await startServiceForTest(mail.settings);
  const phone = await verified(own);
  const { token } = await mailed(own, phone.user.id, 'magic');
  expect((await request(phone.person.email, own)).json).toMatchObject({ status: 404, code: 'not_found' });
  expect((await follow(token, {}, own)).json).toMatchObject({ status: 404, code: 'not_found' });
  expect(await own.query('SELECT 1 FROM mail_outbox')).toEqual([]);
});
