// What holds for mail whatever breaks: crashes, two workers, another key, a stolen database.
import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Database } from '../src/database/database.js';
import { inTransaction } from '../src/database/transactions.js';
import { Rewrap } from '../src/keys/rewrap.js';
import { MailDelivery } from '../src/mail/mail-delivery.js';
import { MailKeys } from '../src/mail/mail-keys.js';
import { OneTimeTokens } from '../src/tokens/one-time-tokens.js';
import { register, somebody } from './support/client.js';
import { type MailServer, send, startMailServerForTest, tokenIn } from './support/mail-server.js';
import { checkout, start, untilReady } from './support/process.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';
import { databaseSettings, testSettings } from './support/settings.js';
import { until } from './support/until.js';

const waiting = (service: Service) => service.query('SELECT * FROM mail_outbox');
const untilEmpty = (service: Service) =>
  until('the outbox is empty', async () => (await waiting(service)).length === 0);
const untilLogged = (service: Service, event: string, count = 1) =>
  until(`${event} is logged`, () => service.log.filter((line) => line['event'] === event).length >= count);

/** Uses the link up. @returns whether it was good */
const spend = async (service: Service, token: string) =>
  (await inTransaction(service.app.get(Database), (tx) => service.app.get(OneTimeTokens).spend(tx, token, 'reset'))) !==
  undefined;

/** A server that defers as long as it is told to, after it has read the mail. */
async function deferring(): Promise<MailServer & { defers: boolean }> {
  const state = { defers: true };
  const server = await startMailServerForTest({
    answer: (stage) => (stage === 'data' && state.defers ? { code: 451, text: '4.3.0 later' } : undefined),
  });
  return Object.assign(state, server);
}

/** A service that queues mail and sends none. */
async function idle(settings: Record<string, string>, databaseUrl: string): Promise<Service> {
  const service = await startServiceForTest(settings, { databaseUrl });
  await service.app.get(MailDelivery).beforeApplicationShutdown();
  return service;
}

describe('a crash', () => {
  it('after the server took the mail and before we knew: two mails with one link, which works once', async () => {
    let kill: (() => void) | undefined;
    const server = await startMailServerForTest({
      answer: (stage) => {
        if (stage !== 'data' || !kill) return undefined;
        kill();
        kill = undefined;
        return 'hang';
      },
    });
    const databaseUrl = await cloneDatabase();
    const queue = await idle(server.settings, databaseUrl);
    const { email } = await register(queue.url);
    const { PORT: _free, ...own } = testSettings;
    const run = await start(checkout(), {
      settings: { ...own, LOG_LEVEL: 'info', ...databaseSettings(databaseUrl), ...server.settings },
    });
    kill = () => run.process.kill('SIGKILL');
    await untilReady(run);
    await send(queue, { kind: 'reset', address: email });
    await run.exited;
    expect(await waiting(queue)).toMatchObject([{ attempts: 1 }]);

    const next = await startServiceForTest(server.settings, { databaseUrl });
    await next.advance(61);
    const mails = await server.mailsTo(email, 2);
    await untilEmpty(next);
    expect(new Set(mails.map(tokenIn)).size).toBe(1);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(1);
    expect(await spend(next, tokenIn(mails[0] ?? {}))).toBe(true);
    expect(await spend(next, tokenIn(mails[1] ?? {}))).toBe(false);
  }, 120_000);
});

describe('a retry', () => {
  it('of a mail whose link was used meanwhile sends nothing, and does not revive the link', async () => {
    const server = await deferring();
    const service = await startServiceForTest(server.settings);
    const { email } = await register(service.url);
    await send(service, { kind: 'reset', address: email });
    const mail = await server.mailTo(email);
    await untilLogged(service, 'mail.failed');
    expect(await spend(service, tokenIn(mail))).toBe(true);
    server.defers = false;
    await service.advance(10);
    await untilEmpty(service);
    expect(server.mails()).toHaveLength(1);
    expect(await spend(service, tokenIn(mail))).toBe(false);
    expect(service.log.filter(({ event }) => event === 'mail.not_due')).toHaveLength(1);
  });

  it('of an older mail never takes the place of a newer one', async () => {
    const server = await deferring();
    const service = await startServiceForTest(server.settings);
    const { email } = await register(service.url);
    await send(service, { kind: 'reset', address: email });
    await untilLogged(service, 'mail.failed');
    server.defers = false;
    await send(service, { kind: 'reset', address: email });
    await untilLogged(service, 'mail.sent');
    await service.advance(10);
    await untilEmpty(service);
    const [older, newer, ...others] = server.mails().map(tokenIn);
    expect(others).toEqual([]);
    expect(await spend(service, older ?? '')).toBe(false);
    expect(await spend(service, newer ?? '')).toBe(true);
  });

  it('ends when the link would be of little use: the mail is dead, and its reason is kept', async () => {
    const server = await deferring();
    const service = await startServiceForTest(server.settings);
    const { email } = await register(service.url);
    await send(service, { kind: 'reset', address: email });
    await untilLogged(service, 'mail.failed');
    await service.advance(15 * 60);
    await untilLogged(service, 'mail.died');
    expect(await waiting(service)).toMatchObject([{ reason: '451 4.3.0 to DATA', address_sealed: null }]);
    expect(server.mails()).toHaveLength(1);
  });

  it('of a mail that nobody can open, or of a kind from the future, holds up no other mail', async () => {
    const server = await startMailServerForTest();
    const databaseUrl = await cloneDatabase();
    const queue = await idle(server.settings, databaseUrl);
    const { email } = await register(queue.url);
    await send(queue, { kind: 'reset', address: email });
    await queue.query(`UPDATE mail_outbox SET address_sealed = $1`, [randomBytes(60)]);
    await send(queue, { kind: 'verify', address: email });
    await queue.query(`UPDATE mail_outbox SET kind = 'of the future' WHERE kind = 'verify'`);
    await send(queue, { kind: 'new_device', address: email });
    const service = await startServiceForTest(server.settings, { databaseUrl });
    await server.mailTo(email, 'new_device');
    const reasons = async () => (await waiting(service)).map(({ reason }) => reason).toSorted();
    await until('both have failed', async () => (await reasons()).join(' ') === 'unknown_kind unopenable');
  });
});

it('two workers and a thousand mails: each is sent once', async () => {
  const server = await startMailServerForTest();
  const databaseUrl = await cloneDatabase();
  const queue = await idle(server.settings, databaseUrl);
  const addresses = Array.from({ length: 1_000 }, (_, at) => `person-${at}@example.com`);
  for (const address of addresses) await send(queue, { kind: 'password_changed', address });
  const workers = await Promise.all([1, 2].map(() => startServiceForTest(server.settings, { databaseUrl })));
  await until('all have left', async () => (await waiting(queue)).length === 0, 90_000);
  expect(
    server
      .mails()
      .flatMap(({ recipients }) => recipients)
      .toSorted(),
  ).toEqual(addresses.toSorted());
  for (const { log } of workers) expect(log.filter(({ event }) => event === 'mail.sent').length).toBeGreaterThan(50);
}, 120_000);

it('the key-encryption key is exchanged while mail waits: after a rewrap the new key alone sends it, with the same link', async () => {
  const server = await deferring();
  const databaseUrl = await cloneDatabase();
  const old = await startService(server.settings, { databaseUrl });
  const { email } = await register(old.url);
  await send(old, { kind: 'reset', address: email });
  await untilLogged(old, 'mail.failed');
  await old.stop();
  const KEY_ENCRYPTION_KEY = randomBytes(32).toString('base64');
  const both = { KEY_ENCRYPTION_KEY, KEY_ENCRYPTION_KEY_PREVIOUS: testSettings.KEY_ENCRYPTION_KEY };
  const next = await idle({ ...server.settings, ...both }, databaseUrl);
  const caller = { ip: null, userAgent: 'test', requestId: '00000000-0000-4000-8000-000000000004' };
  expect(await next.app.get(Rewrap).run(caller, { isDryRun: false })).toMatchObject({
    rows: { 'mail_outbox.address_sealed': { anew: 1, unopenable: 0 } },
  });
  server.defers = false;
  const last = await startServiceForTest({ ...server.settings, KEY_ENCRYPTION_KEY }, { databaseUrl });
  await last.advance(10);
  await untilEmpty(last);
  const [first, second, ...others] = server.mails().map(tokenIn);
  expect([second, others]).toEqual([first, []]);
  expect(await spend(last, second ?? '')).toBe(true);
});

describe('a dump of the database while mail waits, without the key-encryption key,', () => {
  /** Every value of every table, as text; bytes as they are stored. */
  async function dump(service: Service): Promise<string> {
    const tables = await service.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
        WHERE table_schema IN ('public', 'drizzle') AND table_type = 'BASE TABLE'`,
    );
    const rows = await Promise.all(
      tables.map(({ name }) => service.query<{ t: string }>(`SELECT t::text AS t FROM ${name} t`)),
    );
    return rows
      .flat()
      .map(({ t }) => t)
      .join('\n');
  }

  it('holds no token, no link and no address of a stranger, in no encoding', async () => {
    const server = await deferring();
    const service = await startServiceForTest(server.settings);
    const [known, stranger] = [await register(service.url), somebody()];
    await send(service, { kind: 'reset', address: known.email, ip: '192.0.2.7' });
    await send(service, { kind: 'already_registered', address: known.email });
    const token = tokenIn(await server.mailTo(known.email, 'reset'));
    await untilLogged(service, 'mail.failed', 2);
    await service.app.get(MailDelivery).beforeApplicationShutdown();
    await send(service, { kind: 'reset', address: stranger.email, dedupe: 'a minute' });
    expect(await waiting(service)).toHaveLength(3);

    const text = await dump(service);
    const secret = Buffer.from(token.slice(4), 'base64url').subarray(17, 49);
    const hidden = [Buffer.from(token), secret, Buffer.from(stranger.email), Buffer.from('#token=')];
    for (const bytes of hidden) {
      for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const)
        expect(text).not.toContain(bytes.toString(encoding));
    }
    // Nor is an address found by whoever guesses it: its hash has a key.
    for (const { email } of [known, stranger]) {
      for (const guess of [createHash('sha256').update(email), createHmac('sha256', '').update(email)])
        expect(text).not.toContain(guess.digest('hex').slice(0, 32));
    }
    // With the key all of it is there: the search was not for something else.
    const keys = service.app.get(MailKeys);
    expect(text).toContain((await keys.recipientOf(stranger.email)).toString('hex'));
    const rows = await service.query<{ id: string; address_sealed: Buffer }>(
      'SELECT id, address_sealed FROM mail_outbox',
    );
    expect(rows.map(({ id, address_sealed }) => keys.open(address_sealed, id))).toContain(stranger.email);
  });

  it('opens no link by what lies beside the row: its id, its sealed parts and the sealed secrets derive nothing', async () => {
    const server = await deferring();
    const service = await startServiceForTest(server.settings);
    const { email } = await register(service.url);
    await send(service, { kind: 'reset', address: email });
    const token = tokenIn(await server.mailTo(email, 'reset'));
    await untilLogged(service, 'mail.failed');
    const [mail] = await service.query<{ id: string; recipient: Buffer; address_sealed: Buffer }>(
      'SELECT * FROM mail_outbox',
    );
    const sealed = await service.query<{ sealed: Buffer }>('SELECT sealed FROM server_secrets');
    const [row] = await service.query<{ user_id: string; hash: Buffer }>('SELECT user_id, hash FROM one_time_tokens');
    if (!mail || !row) throw new Error('no row');
    const secretOf = (key: Uint8Array) =>
      Buffer.from(hkdfSync('sha256', key, '', [mail.id, 'reset', row.user_id].join('\0'), 32));
    const right = Buffer.from(token.slice(4), 'base64url').subarray(17, 49);
    const known = [
      ...sealed.map((each) => each.sealed),
      mail.recipient,
      mail.address_sealed,
      row.hash,
      Buffer.alloc(32),
    ];
    for (const guess of known.flatMap((bytes) => [bytes, bytes.subarray(12, 44)]))
      expect(secretOf(guess).equals(right)).toBe(false);
    expect((await service.app.get(MailKeys).secretOf(mail.id, 'reset', row.user_id)).equals(right)).toBe(true);
  });
});
