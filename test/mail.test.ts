// Mail: what is queued, what leaves, and what a dump of the database gives away.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Addressees } from '../src/mail/addressees.js';
import { MailDelivery } from '../src/mail/mail-delivery.js';
import { MailKeys } from '../src/mail/mail-keys.js';
import { MailLinks } from '../src/mail/mail-links.js';
import { MailTransport, type OutgoingMail } from '../src/mail/mail-transport.js';
import { MailBrand } from '../src/mail/messages/mail-brand.js';
import { Postman } from '../src/mail/postman.js';
import type { QueuedMail } from '../src/mail/queued-mail.js';
import { OneTimeTokens } from '../src/tokens/one-time-tokens.js';
import { call, register, somebody } from './support/client.js';
import { leaksIn, withoutPrintedMails } from './support/leaks.js';
import { linkIn, type MailServer, send, startMailServer, tokenIn } from './support/mail-server.js';
import { type Service, startService, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const untilEmpty = (service: Service) =>
  until('the outbox is empty', async () => (await service.query('SELECT 1 FROM mail_outbox')).length === 0);

describe('a mail', () => {
  let server: MailServer;
  let service: Service;
  beforeAll(async () => {
    server = await startMailServer();
    service = await startService(server.settings);
  });
  afterAll(async () => {
    await service.stop();
    await server.close();
  });

  it('reaches its address alone, with one link that works and a sender of ours', async () => {
    const { email } = await register(service.url);
    await send(service, { kind: 'reset', address: email });
    const mail = await server.mailTo(email, 'reset');
    expect(mail).toMatchObject({ recipients: [email], sender: 'no-reply@auth.test' });
    expect(mail.from?.text).toBe('"Watchword" <no-reply@auth.test>');
    expect(mail.messageId).toMatch(/^<[0-9a-f-]{36}@auth\.test>$/);
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
    expect(linkIn(mail)).toMatch(/^http:\/\/auth\.test\/account\/reset#token=wot_[\w-]{71}$/);
    expect(mail.html).toContain(linkIn(mail));
    expect(await service.app.get(OneTimeTokens).look(tokenIn(mail), 'reset')).toMatchObject({ address: email });
    await untilEmpty(service);
  });

  it('to nobody, to a disabled user or about what is done already is queued and never sent', async () => {
    const [stranger, disabled, verified] = [somebody(), await register(service.url), await register(service.url)];
    await service.query('UPDATE users SET disabled_at = now() WHERE email = $1', [disabled.email]);
    await service.query('UPDATE users SET email_verified_at = now() WHERE email = $1', [verified.email]);
    await send(service, { kind: 'reset', address: stranger.email });
    await send(service, { kind: 'reset', address: disabled.email });
    await send(service, { kind: 'verify', address: verified.email });
    await untilEmpty(service);
    const addresses = server.mails().flatMap(({ recipients }) => recipients);
    for (const { email } of [stranger, disabled, verified]) expect(addresses).not.toContain(email);
  });
});

/** Takes mail as SMTP does, and remembers what it was asked to do. */
class Remembered extends MailTransport {
  readonly acts: [string, string][] = [];
  send({ address }: OutgoingMail): Promise<void> {
    this.acts.push(['send', address]);
    return Promise.resolve();
  }
  override rehearse({ address, html }: OutgoingMail): Promise<void> {
    this.acts.push([/#token=wot_[\w-]{71}/.test(html) ? 'rehearse with a link' : 'rehearse', address]);
    return Promise.resolve();
  }
}

it('a mail to nobody is composed like any other, so that no unknown address leaves the instance idle', async () => {
  const service = await startServiceForTest({ SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'a@auth.test' });
  await service.app.get(MailDelivery).beforeApplicationShutdown();
  const transport = new Remembered();
  const { app } = service;
  const [keys, addressees] = [app.get(MailKeys), app.get(Addressees)];
  const postman = new Postman(keys, addressees, app.get(MailLinks), app.get(MailBrand), transport);
  const [known, stranger] = [await register(service.url), somebody()];
  for (const kind of ['reset', 'already_registered'] as const)
    for (const { email } of [known, stranger]) await send(service, { kind, address: email });
  const rows = await service.query<QueuedMail>('SELECT * FROM mail_outbox ORDER BY id');
  for (const row of rows) await postman.deliver(row);
  expect(transport.acts).toEqual([
    ['send', known.email],
    ['rehearse with a link', stranger.email],
    ['send', known.email],
    ['rehearse', stranger.email],
  ]);
});

it('that anybody can ask for leaves at a random moment, so that a busy instance does not tell who is known', async () => {
  const settings = { SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'a@auth.test', MAIL_SPREAD_SECONDS: '30' };
  const service = await startServiceForTest(settings);
  await service.app.get(MailDelivery).beforeApplicationShutdown();
  const people = await Promise.all(Array.from({ length: 12 }, () => register(service.url)));
  for (const { email } of people) await call(service.url, 'POST', '/auth/password/forgot', { body: { email } });
  for (const kind of ['verify', 'reset', 'magic', 'device', 'already_registered', 'new_device'] as const)
    await send(service, { kind, address: somebody().email });
  const rows = await service.query<{ kind: string; seconds: number }>(
    'SELECT kind, extract(epoch FROM next_attempt_at - created_at)::float8 AS seconds FROM mail_outbox',
  );
  const waitsOf = (isNotice: boolean) =>
    rows.filter(({ kind }) => (kind === 'new_device') === isNotice).map(({ seconds }) => seconds);
  expect(waitsOf(true)[0]).toBeLessThan(1);
  const waits = waitsOf(false).toSorted((one, other) => one - other);
  expect(waits).toHaveLength(people.length + 5);
  const [first = 0, last = 0] = [waits[0], waits.at(-1)];
  expect(first).toBeGreaterThan(0);
  expect(last).toBeLessThan(30);
  // Seventeen random moments within a third of the time: once in ten million runs.
  expect(last - first).toBeGreaterThan(10);
});

it('without a mail server a development prints the mail with its link to the log', async () => {
  const service = await startServiceForTest({ MAIL_SPREAD_SECONDS: '0' });
  const { email } = await register(service.url);
  await send(service, { kind: 'verify', address: email });
  await until('it is printed', () => service.log.some(({ event }) => event === 'mail.printed'));
  const line = service.log.find(({ event }) => event === 'mail.printed');
  expect(line).toMatchObject({ to: email, kind: 'verify' });
  const token = tokenIn({ text: String(line?.['text']) });
  expect(await service.app.get(OneTimeTokens).look(token, 'verify')).toMatchObject({ address: email });
  // That line alone may hold it: anywhere else the search for leaks finds it.
  const others = withoutPrintedMails(service.log);
  expect(leaksIn(JSON.stringify(others))).toEqual([]);
  expect(leaksIn(JSON.stringify([...others, { event: 'another', text: token }]))).toContain('a one-time token');
});
