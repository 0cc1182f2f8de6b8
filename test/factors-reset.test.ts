// An operator removes the factors of somebody who has lost them, and ends the sessions that began without one.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CodeGuesses } from '../src/limits/code-guesses.js';
import { bearer, call, me, mobile, refresh, type Tokens } from './support/client.js';
import { codeOf, seedIn, stepNow, wrongCodeOf } from './support/factors.js';
import { linkIn, startMailServerForTest } from './support/mail-server.js';
import { checkout, command } from './support/process.js';
import { mailed } from './support/one-time-tokens.js';
import { type Service, startService } from './support/service.js';
import { databaseSettings, testSettings } from './support/settings.js';

it('the commands say first what they would do, end what they say, and mail the link for a new factor', async () => {
  const mail = await startMailServerForTest();
  const service = await startService({ ...mail.settings, MFA_REQUIRED_ROLES: 'none' });
  onTestFinished(() => service.stop());
  const folder = checkout();
  const { KEY_ENCRYPTION_KEY } = testSettings;
  const settings = { ...databaseSettings(service.databaseUrl), KEY_ENCRYPTION_KEY };
  const cli = (more: Record<string, string>, ...args: string[]) =>
    command(folder, ['cli', ...args, '--json'], { ...settings, ...more });
  const json = async (...args: string[]) => {
    const { code, stdout } = await cli({}, ...args);
    expect([args, code, stdout]).toEqual([args, 0, expect.any(String)]);
    return JSON.parse(stdout);
  };

  const [phone, admin] = [await mobile(service.url), await mobile(service.url)];
  await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [admin.user.id]);
  const strong = await mobile(service.url, admin.person);
  await service.query(`UPDATE refresh_tokens SET methods = '{pwd,otp,mfa}' WHERE id = $1`, [strong.session.id]);
  const found = { roles: ['admin'], users: 1, sessions: 1 };
  expect(await json('sessions', 'end', '--without-factor', '--dry-run')).toMatchObject({ dryRun: true, ...found });
  expect((await refresh(service.url, admin.refreshToken)).status).toBe(200);
  expect(await json('sessions', 'end', '--without-factor')).toMatchObject({ ...found, confirmed: true });
  expect(await json('sessions', 'end', '--without-factor')).toMatchObject({ users: 0, sessions: 0 });
  expect((await me(service.url, admin.accessToken)).json['code']).toBe('token_revoked');
  for (const { accessToken } of [phone, strong]) expect((await me(service.url, accessToken)).status).toBe(200);

  const { id } = phone.user;
  await service.query(
    `INSERT INTO totp_authenticators (user_id, id, secret_sealed, confirmed_at) VALUES ($1, gen_random_uuid(), '', now())`,
    [id],
  );
  await service.query(`INSERT INTO recovery_codes (user_id, hash) VALUES ($1, '\\x00')`, [id]);
  await service.app.get(CodeGuesses, { strict: false }).charge(id, 1);
  const closed = () => service.query(`SELECT FROM guess_budgets WHERE kind = 'otp'`);
  expect(await closed()).toHaveLength(1);
  const reset = ['users', 'reset-factors', '--user', phone.person.email];
  expect(await json(...reset, '--dry-run')).toMatchObject({ changed: false, factors: 1, sessions: 1 });
  expect((await me(service.url, phone.accessToken)).status).toBe(200);
  expect(await json(...reset)).toMatchObject({ changed: true, factors: 1, mailed: true, confirmed: true });
  expect((await me(service.url, phone.accessToken)).status).toBe(401);
  expect(await closed()).toEqual([]); // else the new app would be refused at the next sign-in
  for (const table of ['totp_authenticators', 'recovery_codes'])
    expect(await service.query(`SELECT FROM ${table} WHERE user_id = $1`, [id])).toEqual([]);
  expect(linkIn(await mail.mailTo(phone.person.email, 'factors_reset'))).toContain('/account/enrol#token=wot_');
  const isMarked = async () =>
    (await service.query(`SELECT FROM users WHERE id = $1 AND factors_reset_at IS NOT NULL`, [id])).length === 1;
  expect(await isMarked()).toBe(true);

  // A production without a mail server could deliver no link: the mark would lock the owner out for good.
  const { DATABASE_URL, DATABASE_OWNER_URL } = databaseSettings(service.databaseUrl);
  const production = {
    ...{ NODE_ENV: 'production', PUBLIC_URL: 'https://auth.example.com', INSECURE_BACKENDS: 'postgres' },
    ...{ DATABASE_URL, DATABASE_OWNER_URL, REGISTRATION: 'closed', RATE_LIMITS: 'on' },
  };
  const silent = await cli(production, ...reset);
  expect([silent.code, JSON.parse(silent.stdout)]).toMatchObject([0, { factors: 0, mailed: false }]);
  expect(silent.stderr).toContain('no mail can be sent');
  expect(await isMarked()).toBe(false);
  const events = await service.query(`SELECT details FROM audit_events WHERE type = 'factors.reset' ORDER BY id`);
  expect(events.map(({ details }) => details)).toEqual([
    { factors: 1, by: 'operator' },
    { factors: 0, by: 'operator' },
  ]);
  const all = await service.query(`SELECT details FROM audit_events WHERE type = 'sessions.without_factor_ended'`);
  expect(all.map(({ details }) => details)).toContainEqual({ users: 1, sessions: 1, by: 'operator' });
}, 300_000);

describe('the enrolment after a reset', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.stop());

  /** As a reset leaves the account, with the token that the mail would hold. */
  async function afterReset() {
    const phone = await mobile(service.url);
    await service.query('UPDATE users SET factors_reset_at = now() WHERE id = $1', [phone.user.id]);
    return { phone, token: (await mailed(service, phone.user.id, 'enrol')).token };
  }
  async function enrol({ accessToken }: Pick<Tokens, 'accessToken'>, more: object = {}, shown = codeOf) {
    const headers = bearer(accessToken);
    const { json } = await call(service.url, 'POST', '/auth/factors/totp', { body: {}, headers });
    const body = { code: shown(seedIn(json['uri'] as string), await stepNow(service)), ...more };
    return call(service.url, 'POST', `/auth/factors/totp/${json['id']}/confirm`, { body, headers });
  }
  const factorsOf = ({ user }: Tokens) =>
    service.query('SELECT 1 FROM totp_authenticators WHERE user_id = $1 AND confirmed_at IS NOT NULL', [user.id]);

  it('needs the mailed token once, beside the session, and then no more', async () => {
    const { phone, token } = await afterReset();
    expect((await enrol(phone)).json).toMatchObject({ status: 403, code: 'enrolment_token_required', session: 'keep' });
    expect(await factorsOf(phone)).toEqual([]);
    expect((await enrol(phone, { token })).json['recoveryCodes']).toHaveLength(10);
    const marked = await service.query('SELECT 1 FROM users WHERE id = $1 AND factors_reset_at IS NOT NULL', [
      phone.user.id,
    ]);
    expect(marked).toEqual([]);
    const { phone: other } = await afterReset();
    expect((await enrol(other, { token })).json['code']).toBe('token_invalid');
  });

  it("of somebody else's mail, of another purpose, expired or made up opens nothing", async () => {
    const { phone } = await afterReset();
    const [stranger, expired] = [await afterReset(), await mailed(service, phone.user.id, 'enrol')];
    await service.query(`UPDATE one_time_tokens SET expires_at = now() WHERE user_id = $1`, [phone.user.id]);
    const reset = await mailed(service, phone.user.id, 'reset');
    for (const token of [stranger.token, expired.token, reset.token, 'x', ''])
      expect([token, (await enrol(phone, { token })).json['code']]).toEqual([token, 'token_invalid']);
    expect(await factorsOf(phone)).toEqual([]);
    expect((await enrol(stranger.phone, { token: stranger.token })).status).toBe(200);
  });

  it('is not spent by a wrong code', async () => {
    const { phone, token } = await afterReset();
    expect((await enrol(phone, { token }, wrongCodeOf)).json).toMatchObject({
      status: 401,
      code: 'invalid_credentials',
    });
    expect((await enrol(phone, { token })).status).toBe(200);
  });
});
