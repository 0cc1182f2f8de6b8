// The night on which mail does not leave: what an operator sees, and the runbook as written.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Config } from '../src/config/config.js';
import { call, register } from './support/client.js';
import { figure } from './support/instances.js';
import { linkIn, send, startMailServer, startMailServerForTest } from './support/mail-server.js';
import { checkout, command } from './support/process.js';
import { cloneDatabase, startService, startServiceForTest } from './support/service.js';
import { databaseSettings } from './support/settings.js';
import { until } from './support/until.js';

const chapter =
  readFileSync('docs/operations/mail.md', 'utf8').split('\n## Mail does not leave')[1]?.split('\n## ')[0] ?? '';
const linesOf = (language: string) =>
  [...chapter.matchAll(new RegExp(`\`\`\`${language}\n([^\`]+)\`\`\``, 'g'))].flatMap(([, text = '']) =>
    text.trim().split('\n'),
  );

it('a mail server that is down: the service is ready and degraded, the runbook shows why, and mail leaves afterwards', async () => {
  const first = await startMailServer();
  const { port, settings } = first;
  await first.close();
  const databaseUrl = await cloneDatabase();
  const service = await startServiceForTest(settings, { databaseUrl });
  const { email } = await register(service.url);
  for (const kind of ['reset', 'verify', 'new_device'] as const) await send(service, { kind, address: email });
  const ready = async () => (await call(service.url, 'GET', '/health/ready')).json;
  await until('it is degraded', async () => JSON.stringify(await ready()).includes('mail'));
  expect(await ready()).toEqual({ status: 'ready', degraded: ['mail'] });
  expect(await figure(service, 'watchword_mail_queue{state="waiting"}')).toBe(3);
  expect(await figure(service, 'watchword_mail_oldest_seconds{state="waiting"}')).toBeGreaterThan(0);
  expect(await figure(service, 'watchword_mails_total{outcome="failed"}')).toBeGreaterThanOrEqual(3);

  const folder = checkout();
  const run = async (line: string) => {
    expect(line).toMatch(/^npm run cli -- /);
    const args = line.replace('npm run cli -- ', '').split(' ');
    const { code, stdout, output } = await command(folder, ['cli', ...args], databaseSettings(databaseUrl));
    expect([line, code, output]).toEqual([line, 0, expect.not.stringContaining(email)]);
    return stdout.trim().split('\n');
  };
  const [list = '', dryRun = '', retry = ''] = linesOf('sh');
  const shown = (await run(list)).map((line) =>
    line
      .replaceAll(/\d{4}-\S+T\S+/g, 'TIME')
      .replace(/^[0-9a-f-]{36}/, 'ID')
      .replace(/\d+ tries/, '1 tries'),
  );
  expect(shown).toEqual(linesOf('text'));

  // A mail that is just being tried is claimed for a minute, and gets its next try when that one has failed.
  await until('none is being tried, and all wait for long', async () => {
    await service.query(`UPDATE mail_outbox SET next_attempt_at = protocol_now() + '10 minutes'
                          WHERE next_attempt_at BETWEEN protocol_now() AND protocol_now() + '30 seconds'`);
    const far = await service.query(`SELECT FROM mail_outbox WHERE next_attempt_at > protocol_now() + '5 minutes'`);
    return far.length === 3;
  });
  const second = await startMailServerForTest({ port });
  expect(await run(dryRun)).toEqual(['Dry run, nothing was changed: 3 mail(s) would be tried at once.']);
  expect(await run(retry)).toEqual(['3 mail(s) are tried at once.']);
  const mails = await second.mailsTo(email, 3);
  expect(mails.map(({ kind }) => kind).toSorted()).toEqual(['new_device', 'reset', 'verify']);
  await until('it is well again', async () => (await ready())['degraded'] === undefined);
  const events = await service.query(`SELECT details FROM audit_events WHERE type = 'mail.retried'`);
  expect(events).toEqual([{ details: { mails: 3, by: 'operator' } }]);
}, 300_000);

it('a server that takes a mail and says nothing delays no request and no stop', async () => {
  const server = await startMailServerForTest({ answer: (stage) => (stage === 'data' ? 'hang' : undefined) });
  const service = await startService(server.settings);
  const { email } = await register(service.url);
  await send(service, { kind: 'reset', address: email });
  await until('it hangs', () => server.commands().includes('data'));
  expect((await call(service.url, 'GET', '/health/ready')).status).toBe(200);
  const before = performance.now();
  await service.stop();
  expect(performance.now() - before).toBeLessThan(15_000); // it was not the transport that gave up
});

it('LINK_BASE_URL is where the links lead, whatever Host and X-Forwarded-Host a request claims', async () => {
  const server = await startMailServerForTest();
  const service = await startServiceForTest({
    ...server.settings,
    ALLOWED_ORIGINS: 'https://app.example.com',
    LINK_BASE_URL: 'https://app.example.com/account',
    TRUST_PROXY: '1',
  });
  const { email } = await register(service.url);
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
  expect((await call(service.url, 'POST', '/auth/password/forgot', { body: { email }, headers })).status).toBe(202);
  const mail = await server.mailTo(email, 'reset');
  expect(linkIn(mail)).toMatch(/^https:\/\/app\.example\.com\/account\/reset#token=wot_/);
  expect(mail.raw).not.toContain('evil.example');
});

it('production without a mail server queues nothing, and what was queued before dies in its time', async () => {
  const databaseUrl = await cloneDatabase();
  const before = await startService({ SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'a@auth.test' }, { databaseUrl });
  const { email } = await register(before.url);
  await send(before, { kind: 'reset', address: email });
  await before.stop();
  const service = await startServiceForTest(
    {
      ...{ NODE_ENV: 'production', PUBLIC_URL: 'https://auth.example.com', REGISTRATION: 'closed' },
      ...{ ARGON2_MEMORY_KIB: '19456', ARGON2_PASSES: '2', DATABASE_OWNER_URL: '', REGISTRATIONS_PER_ADDRESS: '10' },
      KEY_ENCRYPTION_KEY: Buffer.from('test key encryption key, 32 byte').toString('base64'),
    },
    { databaseUrl },
  );
  expect(service.app.get(Config).sendsMail).toBe(false);
  await send(service, { kind: 'reset', address: email });
  expect(await service.query('SELECT 1 FROM mail_outbox')).toHaveLength(1);
  await service.advance(901);
  await until('it is dead', () => service.log.some(({ event }) => event === 'mail.died'));
  expect(service.log.filter(({ event }) => event === 'mail.printed')).toEqual([]);
});
