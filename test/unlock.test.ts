// users unlock: whoever was guessed at may try again at once.
import { expect, it } from 'vitest';
import { Audit } from '../src/audit/audit.js';
import { GuessBudget } from '../src/limits/guess-budget.js';
import { Unlock } from '../src/limits/unlock.js';
import { call, mobile } from './support/client.js';
import { enrolled, factor, ticketOf } from './support/factors.js';
import { checkout, command } from './support/process.js';
import { databaseSettings, testSettings } from './support/settings.js';
import { startStill } from './support/still-time.js';

it('an operator opens the codes of an app again, which wrong ones had closed', async () => {
  const service = await startStill({ GUESSES_MAX: '10' });
  const { person, userId, code, wrongCode } = await enrolled(service);
  for (let wrong = 0; wrong < 10; wrong++) {
    await service.advance(301);
    await factor(service, { ticket: await ticketOf(service, person), totp: await wrongCode() });
  }
  await service.advance(301);
  const ticket = await ticketOf(service, person);
  expect((await factor(service, { ticket, totp: await code() })).json['code']).toBe('totp_closed');
  const caller = { ip: null, userAgent: 'test', requestId: '00000000-0000-4000-8000-000000000004' };
  const unlock = new Unlock(service.app.get(GuessBudget, { strict: false }), service.app.get(Audit, { strict: false }));
  expect(await unlock.unlock(userId, caller)).toBe(1);
  expect((await factor(service, { ticket, totp: await code() })).status).toBe(200);
});

it('an operator lets one person try again, and the trail says who did it', async () => {
  const service = await startStill({ GUESSES_FREE_NETWORK: '2' });
  const phone = await mobile(service.url);
  const login = (password: string) =>
    call(service.url, 'POST', '/auth/login', { body: { email: phone.person.email, password, transport: 'bearer' } });
  for (const status of [401, 401, 401, 429]) expect((await login('a wrong passphrase')).status).toBe(status);
  expect((await login(phone.person.password)).status).toBe(429);

  const { KEY_ENCRYPTION_KEY } = testSettings;
  const settings = { ...databaseSettings(service.databaseUrl), KEY_ENCRYPTION_KEY };
  const folder = checkout();
  const unlock = async (...more: string[]) => {
    const args = ['cli', 'users', 'unlock', '--user', phone.person.email, '--json', ...more];
    const { code, stdout } = await command(folder, args, settings);
    expect([code, stdout]).toEqual([0, expect.any(String)]);
    return JSON.parse(stdout) as object;
  };
  expect(await unlock('--dry-run')).toMatchObject({ user: phone.user.id, changed: false, lanes: 2 });
  expect((await login(phone.person.password)).status).toBe(429);
  expect(await unlock()).toMatchObject({ user: phone.user.id, changed: true, lanes: 2 });
  expect((await login(phone.person.password)).status).toBe(200);
  const trail = await service.query('SELECT user_agent, details FROM audit_events WHERE type = $1', ['user.unlocked']);
  expect(trail).toMatchObject([{ user_agent: expect.stringMatching(/^cli /), details: { lanes: 2, by: 'operator' } }]);
}, 300_000);
