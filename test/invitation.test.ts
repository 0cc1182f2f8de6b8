// An operator invites a person, who chooses the first password by the link of a mail.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Invitation } from '../src/accounts/invitation.js';
import { Audit } from '../src/audit/audit.js';
import { Config } from '../src/config/config.js';
import { Database } from '../src/database/database.js';
import { Outbox } from '../src/mail/outbox.js';
import { PendingUsers } from '../src/users/pending-users.js';
import { Users } from '../src/users/users.js';
import { call, somebody } from './support/client.js';
import { type MailServer, startMailServer, tokenIn } from './support/mail-server.js';
import { mailed } from './support/one-time-tokens.js';
import { checkout, command } from './support/process.js';
import { type Service, startService } from './support/service.js';
import { databaseSettings, testSettings } from './support/settings.js';
import { until } from './support/until.js';

const operator = { ip: null, userAgent: 'cli ops@console', requestId: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d' };

let mail: MailServer;
let service: Service;
beforeAll(async () => {
  mail = await startMailServer();
  service = await startService({ ...mail.settings, REGISTRATION: 'verified', MFA_REQUIRED_ROLES: 'none' });
});
afterAll(async () => {
  await service.stop();
  await mail.close();
});

/** As the command line does, which alone has this class. */
function invite(email: string) {
  const { app } = service;
  const [users, pending] = [app.get(Users), app.get(PendingUsers)];
  const rest = [app.get(Outbox), app.get(Audit), app.get(Config)] as const;
  const invitation = new Invitation(app.get(Database), users, pending, ...rest);
  return invitation.invite(email, { by: 'operator', caller: operator });
}
const choose = (token: string, newPassword: string) =>
  call(service.url, 'POST', '/auth/password/reset', { body: { token, newPassword } });
const login = (person: { email: string; password: string }) =>
  call(service.url, 'POST', '/auth/login', { body: { ...person, transport: 'bearer' } });

it('an invited person chooses a password by the mailed link and signs in; the address is verified', async () => {
  const person = somebody();
  const invited = await invite(person.email);
  expect(invited).toMatchObject({ isNew: true });
  expect((await login(person)).json['code']).toBe('invalid_credentials');
  const token = tokenIn(await mail.mailTo(person.email, 'invite'));
  expect((await choose(token, 'short')).json['code']).toBe('password_rejected');
  expect((await choose(token, person.password)).status).toBe(204);
  expect((await login(person)).json['user']).toEqual({
    id: invited?.userId,
    email: person.email,
    role: 'user',
    emailVerified: true,
  });
  expect((await choose(token, 'quite another passphrase')).json['code']).toBe('token_invalid');
  const events = await service.query(`SELECT type FROM audit_events WHERE user_id = $1 ORDER BY at, id`, [
    invited?.userId,
  ]);
  expect(events.map(({ type }) => type)).toEqual([
    'user.invited',
    'login.failed',
    'invite.accepted',
    'login.succeeded',
  ]);
});

it('nobody else gets an invited account by registering its address', async () => {
  const [person, stranger] = [somebody(), somebody()];
  const invited = await invite(person.email);
  await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [invited?.userId]);
  const token = tokenIn(await mail.mailTo(person.email, 'invite'));
  const body = { email: person.email, password: stranger.password };
  expect((await call(service.url, 'POST', '/auth/register', { body })).status).toBe(202);
  await mail.mailTo(person.email, 'already_registered');
  expect((await login({ ...stranger, email: person.email })).json['code']).toBe('invalid_credentials');
  expect((await choose(token, person.password)).status).toBe(204);
  expect((await login(person)).status).toBe(200);
  await service.query(`UPDATE users SET role = 'user' WHERE id = $1`, [invited?.userId]);
});

it('an invitation can be repeated until a password is chosen, and is void once one is', async () => {
  const person = somebody();
  const first = await invite(person.email);
  const again = await invite(person.email);
  expect(again).toEqual({ userId: first?.userId, isNew: false });
  await mail.mailsTo(person.email, 2);
  const { token } = await mailed(service, first?.userId ?? '', 'invite');
  const { token: reset } = await mailed(service, first?.userId ?? '', 'reset');
  expect((await choose(reset, person.password)).status).toBe(204);
  expect((await choose(token, 'quite another passphrase')).json['code']).toBe('token_invalid');
  expect(await invite(person.email)).toBeUndefined();
  await until('nothing waits', async () => (await service.query('SELECT 1 FROM mail_outbox')).length === 0);
  expect(
    mail.mails().filter(({ recipients, kind }) => kind === 'invite' && recipients.includes(person.email)),
  ).toHaveLength(2);
});

it('an address with an account is not invited', async () => {
  const person = somebody();
  await call(service.url, 'POST', '/auth/register', { body: person });
  await service.query('UPDATE users SET pending_until = NULL WHERE email = $1', [person.email]);
  expect(await invite(person.email)).toBeUndefined();
});

it('a registration that nobody has verified does not keep an operator from inviting, and its password opens nothing', async () => {
  const [person, stranger] = [somebody(), somebody()];
  const body = { email: person.email, password: stranger.password };
  expect((await call(service.url, 'POST', '/auth/register', { body })).status).toBe(202);
  const link = tokenIn(await mail.mailTo(person.email, 'verify'));
  expect(await invite(person.email)).toMatchObject({ isNew: true });
  const invitation = tokenIn(await mail.mailTo(person.email, 'invite'));
  const verified = await call(service.url, 'POST', '/auth/email/verify', { body: { token: link } });
  expect(verified.json['code']).toBe('token_invalid');
  expect((await choose(invitation, person.password)).status).toBe(204);
  expect((await login({ ...stranger, email: person.email })).json['code']).toBe('invalid_credentials');
  expect((await login(person)).status).toBe(200);
});

it('the command line invites, and the running service sends the mail', async () => {
  const person = somebody();
  const { KEY_ENCRYPTION_KEY } = testSettings;
  const settings = { ...databaseSettings(service.databaseUrl), KEY_ENCRYPTION_KEY, ...mail.settings };
  const folder = checkout();
  const cli = async (...more: string[]) => {
    const { code, stdout } = await command(
      folder,
      ['cli', 'users', 'invite', person.email, '--json', ...more],
      settings,
    );
    return { code, answer: JSON.parse(stdout) as object };
  };
  expect(await cli('--dry-run')).toMatchObject({ code: 0, answer: { dryRun: true, created: false } });
  expect(await service.query('SELECT 1 FROM users WHERE email = $1', [person.email])).toEqual([]);
  expect(await cli()).toMatchObject({ code: 0, answer: { created: true, email: person.email } });
  expect((await choose(tokenIn(await mail.mailTo(person.email, 'invite')), person.password)).status).toBe(204);
  expect(await cli()).toMatchObject({ code: 1, answer: { error: { code: 'email_taken' } } });
}, 300_000);
