// Runs the runbook of lost factors as written, beside a running service with a mail server.
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { bearer, call, me, mobile, type Person, register } from './support/client.js';
import { codeOf, enrolled, type Enrolled, factor, seedIn, signedInWith, stepNow, ticketOf } from './support/factors.js';
import { startMailServerForTest, tokenIn } from './support/mail-server.js';
import { checkout, command } from './support/process.js';
import { startService } from './support/service.js';
import { databaseSettings, testSettings } from './support/settings.js';
import { until } from './support/until.js';

const text = readFileSync('docs/operations/lost-factor.md', 'utf8');
const chapter = (title: string) => {
  const found = text.split(`\n## ${title}\n`)[1]?.split('\n## ')[0];
  if (found === undefined) throw new Error(`the runbook has no chapter ${title}`);
  return found;
};
const linesOf = (title: string, language: string): string[] =>
  [...chapter(title).matchAll(new RegExp(`^ *\`\`\`${language}\n([^\`]+)\`\`\``, 'gm'))].flatMap(([, block = '']) =>
    block
      .trim()
      .split('\n')
      .map((line) => line.trim()),
  );

const NEW = 'quite another passphrase';

async function sitDown() {
  const mail = await startMailServerForTest();
  const service = await startService({ ...mail.settings, REGISTRATION: 'open' });
  onTestFinished(() => service.stop());
  const folder = checkout();
  const { KEY_ENCRYPTION_KEY, ARGON2_MEMORY_KIB } = testSettings;
  const settings = { ...databaseSettings(service.databaseUrl), KEY_ENCRYPTION_KEY, ARGON2_MEMORY_KIB };
  const seen = new Set<string>();
  const post = (path: string, body: object, headers = {}) => call(service.url, 'POST', path, { body, headers });
  return {
    ...{ mail, service, post },
    /** Runs the lines of a chapter for the person of whom they speak. */
    async run(lines: readonly string[], names: Readonly<Record<string, string>>) {
      expect(lines.length).toBeGreaterThan(0);
      const said: string[] = [];
      for (const line of lines) {
        expect(line).toMatch(/^npm run cli -- /);
        const [words = '', file] = line.replace('npm run cli -- ', '').split(' < ');
        const args = words.split(' ').map((word) => names[word] ?? word);
        const { code, stdout, output } = await command(folder, ['cli', ...args], settings, file ? `${NEW}\n` : '');
        expect([line, code, output]).toEqual([line, 0, expect.any(String)]);
        said.push(stdout.trim());
      }
      return said;
    },
    login: (person: Person) => post('/auth/login', { ...person, transport: 'bearer' }),
    /** With an access token, or a ticket. */
    async enrol(how: { accessToken?: string; ticket?: string; token?: string }) {
      const { accessToken, token, ...body } = how;
      const headers = accessToken === undefined ? {} : bearer(accessToken);
      const begun = await post('/auth/factors/totp', body, headers);
      if (begun.status !== 201) return begun;
      const { json } = begun;
      const seed = seedIn(json['uri'] as string);
      const given = { ...body, code: codeOf(seed, await stepNow(service)), ...(token === undefined ? {} : { token }) };
      return post(`/auth/factors/totp/${json['id']}/confirm`, given, headers);
    },
    /** Of the next mail of the kind that was not asked for here before. */
    async mailedToken({ email }: Person, kind: string) {
      let token = '';
      await until(`a new mail ${kind}`, async () => {
        token = tokenIn(await mail.mailTo(email, kind));
        return !seen.has(token);
      });
      seen.add(token);
      return token;
    },
    admins: () => service.query(`SELECT email FROM users WHERE role = 'admin'`),
  };
}

const makeAdmin = (desk: Awaited<ReturnType<typeof sitDown>>, { userId }: Enrolled) =>
  desk.service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [userId]);

it('a lost phone: with a recovery code people help themselves, without one the operator opens the way', async () => {
  const desk = await sitDown();
  const { service, post } = desk;
  expect(chapter('The phone is lost, and there are recovery codes')).toContain('recovery code');
  const ada = await enrolled(service);
  const ticket = await ticketOf(service, ada.person);
  const { json } = await factor(service, { ticket, recoveryCode: ada.recoveryCodes[0] });
  const headers = bearer(json['accessToken'] as string);
  expect((await desk.enrol({ accessToken: json['accessToken'] as string })).status).toBe(200);
  expect((await call(service.url, 'DELETE', `/auth/factors/${ada.authenticatorId}`, { headers })).status).toBe(204);
  for (const kind of ['recovery_code_used', 'factor_added', 'factor_removed'])
    await desk.mail.mailTo(ada.person.email, kind);

  const title = 'The phone is lost, and there are no codes';
  const eve = await enrolled(service);
  const phone = await signedInWith(service, eve);
  const [sql = ''] = linesOf(title, 'sql');
  expect((await service.query(sql.replace('…', eve.userId))).length).toBeGreaterThan(0);
  const lines = linesOf(title, 'sh');
  const names = { 'ada@example.com': eve.person.email };
  const [dry = '', done = ''] = await desk.run(lines, names);
  expect(dry).toContain('Dry run, nothing was changed');
  expect(done).toContain('has lost 1 second factor(s); every session has ended. A link for a new one is on its way.');
  expect((await me(service.url, phone.accessToken)).status).toBe(401);
  // The password alone signs in, for the role needs no factor; neither it nor the mailbox alone enrols one.
  const signedIn = await desk.login(eve.person);
  const accessToken = signedIn.json['accessToken'] as string;
  expect((await desk.enrol({ accessToken })).json).toMatchObject({ status: 403, code: 'enrolment_token_required' });
  const others = await desk.mailedToken(eve.person, 'factors_reset');
  await desk.run(lines.slice(1), names);
  const token = await desk.mailedToken(eve.person, 'factors_reset');
  const again = (await desk.login(eve.person)).json['accessToken'] as string;
  expect((await desk.enrol({ accessToken: again, token: others })).json).toMatchObject({
    status: 400,
    code: 'token_invalid',
  });
  const stranger = await mobile(service.url);
  expect((await desk.enrol({ accessToken: stranger.accessToken, token })).json['code']).toBe('token_invalid');
  expect((await desk.enrol({ accessToken: again, token })).json['recoveryCodes']).toHaveLength(10);
  expect((await desk.login(eve.person)).json['code']).toBe('second_factor_required');
  expect((await desk.enrol({ accessToken: again })).json['code']).toBe('reauthentication_required');
  expect((await post('/auth/password/reset', { token, newPassword: NEW })).json['code']).toBe('token_invalid');
}, 300_000);

it('a lost password on top of it: a new one voids the link, so it comes first; and another address before that', async () => {
  const desk = await sitDown();
  const { service, post } = desk;
  const title = 'Everything is lost: the phone, the codes and the password';
  const ada = await enrolled(service);
  await makeAdmin(desk, ada);
  const email = `moved-${ada.person.email}`;
  await desk.run(linesOf(title, 'sh'), { 'ada@example.com': ada.person.email, 'ada@example.org': email });
  const person = { email, password: NEW };
  const setPassword = async () => {
    await post('/auth/password/forgot', { email });
    const token = await desk.mailedToken(person, 'reset');
    expect((await post('/auth/password/reset', { token, newPassword: NEW })).status).toBe(204);
  };
  await setPassword();
  expect((await desk.login(person)).json['code']).toBe('second_factor_required');
  const reset = linesOf('The phone is lost, and there are no codes', 'sh').slice(1);
  await desk.run(reset, { 'ada@example.com': email });
  const token = await desk.mailedToken(person, 'factors_reset');
  const { json } = await desk.login(person);
  expect(json['code']).toBe('enrolment_required');
  const ticket = json['ticket'] as string;
  expect((await desk.enrol({ ticket })).json['code']).toBe('enrolment_token_required');
  expect((await desk.enrol({ ticket, token })).json).toMatchObject({ user: { role: 'admin' } });

  // In the other order the mailbox alone would be enough: the link is void.
  await desk.run(reset, { 'ada@example.com': email });
  const early = await desk.mailedToken(person, 'factors_reset');
  await service.query(`DELETE FROM rate_limits`);
  await setPassword();
  const late = (await desk.login(person)).json['ticket'] as string;
  expect((await desk.enrol({ ticket: late, token: early })).json['code']).toBe('token_invalid');
}, 300_000);

it('a stolen phone opens nothing while the account is disabled, and its app goes when its owner is back', async () => {
  const desk = await sitDown();
  const { service } = desk;
  const [disable = '', enable = ''] = linesOf('The phone was stolen', 'sh');
  const ada = await enrolled(service);
  const stolen = await signedInWith(service, ada);
  const names = { 'ada@example.com': ada.person.email };
  await desk.run([disable], names);
  expect((await me(service.url, stolen.accessToken)).status).toBe(401);
  expect((await desk.login(ada.person)).json['code']).toBe('invalid_credentials');
  await desk.run([enable], names);
  expect((await me(service.url, stolen.accessToken)).status).toBe(401);
  const ticket = await ticketOf(service, ada.person);
  const { json } = await factor(service, { ticket, recoveryCode: ada.recoveryCodes[1] });
  const headers = bearer(json['accessToken'] as string);
  expect((await call(service.url, 'DELETE', `/auth/factors/${ada.authenticatorId}`, { headers })).status).toBe(204);
}, 300_000);

it('no administrator is left: a new one sets a factor up at the first sign-in; sessions without one can be ended', async () => {
  const desk = await sitDown();
  const { service } = desk;
  expect(chapter('An administrator has lost it')).toContain('MFA_REQUIRED_ROLES');
  const [create = ''] = linesOf('Nobody is left who can sign in as an administrator', 'sh');
  const grace = { email: 'grace@example.com', password: NEW };
  await desk.run([create], {});
  expect(await desk.admins()).toEqual([{ email: grace.email }]);
  const { json } = await desk.login(grace);
  expect(json['code']).toBe('enrolment_required');
  const signedIn = await desk.enrol({ ticket: json['ticket'] as string });
  expect(signedIn.json).toMatchObject({ user: { role: 'admin' } });

  const before = await mobile(service.url, await register(service.url));
  await service.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [before.user.id]);
  const [dry = '', done = ''] = await desk.run(linesOf('Before a role needs a second factor', 'sh'), {});
  expect(dry).toContain('1 session(s) of 1 user(s) would end.');
  expect(done).toContain('Ended 1 session(s) of 1 user(s).');
  expect((await me(service.url, before.accessToken)).status).toBe(401);
  expect((await me(service.url, signedIn.json['accessToken'] as string)).status).toBe(200);
}, 300_000);
