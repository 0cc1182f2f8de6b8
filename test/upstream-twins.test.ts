// U2: an address that somebody has already opens nothing to whoever names it at a provider, and the other way round.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { Invitation } from '../src/accounts/invitation.js';
import { Audit } from '../src/audit/audit.js';
import { Config } from '../src/config/config.js';
import { Database } from '../src/database/database.js';
import { Outbox } from '../src/mail/outbox.js';
import { PendingUsers } from '../src/users/pending-users.js';
import { Users } from '../src/users/users.js';
import { call, mobile, type Person, somebody } from './support/client.js';
import { startMailServerForTest, tokenIn } from './support/mail-server.js';
import type { Service } from './support/service.js';
import { until } from './support/until.js';
import { startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';

const signsUp = { allowSignUp: true, trustEmailVerified: true };
const landing = (answer: { headers: Record<string, unknown> }) => String(answer.headers['location']);
const login = (service: Service, { email, password }: Person) =>
  call(service.url, 'POST', '/auth/login', { body: { email, password, transport: 'bearer' } });
const post = (service: Service, path: string, body: object) => call(service.url, 'POST', path, { body });
const idsOf = async (service: Service, email: string) =>
  (await service.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [email])).map(({ id }) => id);
const countOf = async (service: Service, table: string) => (await service.query(`SELECT FROM ${table}`)).length;

it.each([
  ['verified', 'email_verified_at = protocol_now()'],
  ['not verified', 'email_verified_at = null'],
  ['disabled', 'disabled_at = protocol_now(), email_verified_at = protocol_now()'],
  [
    'disabled before it was verified',
    `disabled_at = protocol_now(), pending_until = protocol_now() + interval '1 day'`,
  ],
  ['invited', 'password_hash = null'],
])('U2: an account of that address that is %s is not opened from a provider, which vouches for it', async (_, set) => {
  const { service, upstream } = await startWithUpstream({ entry: signsUp });
  const { person } = await mobile(service.url);
  await service.query(`UPDATE users SET ${set} WHERE email = $1`, [person.email]);
  upstream.people.set('eve', { email: person.email.toUpperCase(), email_verified: true });
  const browser = new UpstreamBrowser(service.url);
  expect(landing(await browser.signIn('eve'))).toContain('/account/sign-in?upstream=authentik&error=link_required');
  expect((await browser.go('GET', '/auth/me')).status).toBe(401);
  expect(await countOf(service, 'upstream_identities')).toBe(0);
  expect(await idsOf(service, person.email)).toHaveLength(1);
});

it('U2: where nobody may sign up, the same accounts are named to whoever may connect them', async () => {
  const { service, upstream } = await startWithUpstream();
  const { person } = await mobile(service.url);
  upstream.people.set('ada', { email: person.email });
  expect(landing(await new UpstreamBrowser(service.url).signIn('ada'))).toContain('error=link_required');
});

async function startWithMail(settings: Record<string, string> = {}) {
  const mail = await startMailServerForTest();
  const started = await startWithUpstream({
    entry: { allowSignUp: true },
    settings: { ...mail.settings, MAGIC_LINKS: 'on', ...settings },
  });
  return { mail, ...started };
}

it('U2: a registration that nobody has verified gives way, and its password and its link open nothing', async () => {
  const { mail, service, upstream } = await startWithMail({ REGISTRATION: 'verified' });
  const stranger = somebody();
  expect((await post(service, '/auth/register', stranger)).status).toBe(202);
  const token = tokenIn(await mail.mailTo(stranger.email, 'verify'));
  upstream.people.set('ada', { email: stranger.email });
  const browser = new UpstreamBrowser(service.url);
  expect(landing(await browser.signIn('ada'))).toBe('http://auth.test/account');
  expect((await login(service, stranger)).json['code']).toBe('invalid_credentials');
  expect((await post(service, '/auth/email/verify', { token })).json['code']).toBe('token_invalid');
  expect((await browser.go('GET', '/auth/me')).json).toMatchObject({ email: stranger.email, emailVerified: false });
});

/** As the command line does, which alone has this class. */
function invite({ app }: Service, email: string) {
  const [users, pending] = [app.get(Users), app.get(PendingUsers)];
  const rest = [app.get(Outbox), app.get(Audit), app.get(Config)] as const;
  const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };
  return new Invitation(app.get(Database), users, pending, ...rest).invite(email, { by: 'operator', caller: operator });
}

it('U2: whoever reads the mailbox does not share the account of somebody who named its address at a provider', async () => {
  const { mail, service, upstream } = await startWithMail();
  const { email } = somebody();
  upstream.people.set('eve', { email });
  const browser = new UpstreamBrowser(service.url);
  await browser.signIn('eve');
  for (const path of ['/auth/password/forgot', '/auth/magic/request'])
    expect((await post(service, path, { email })).status).toBe(202);
  expect(await invite(service, email)).toBeUndefined();
  await until('nothing waits', async () => (await countOf(service, 'mail_outbox')) === 0);
  expect(mail.mails().map(({ kind }) => kind)).toEqual([]);
  expect((await new UpstreamBrowser(service.url).signIn('eve')).headers['location']).toBe('http://auth.test/account');
});

it('U2: once they have shown to read it, a new password is theirs', async () => {
  const { mail, service, upstream } = await startWithMail();
  const { email } = somebody();
  upstream.people.set('ada', { email });
  await new UpstreamBrowser(service.url).signIn('ada');
  expect((await post(service, '/auth/email/verify/resend', { email })).status).toBe(202);
  const token = tokenIn(await mail.mailTo(email, 'verify'));
  expect((await post(service, '/auth/email/verify', { token })).status).toBe(204);
  expect((await post(service, '/auth/password/forgot', { email })).status).toBe(202);
  const newPassword = 'a new one that nobody guesses';
  const reset = tokenIn(await mail.mailTo(email, 'reset'));
  expect((await post(service, '/auth/password/reset', { token: reset, newPassword })).status).toBe(204);
  expect((await login(service, { email, password: newPassword })).status).toBe(200);
});
