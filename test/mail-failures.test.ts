// Mail servers that refuse, defer or hang, and what becomes of the mail.
import { describe, expect, it } from 'vitest';
import { register } from './support/client.js';
import { send, startMailServerForTest, tokenIn } from './support/mail-server.js';
import { startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

const lines = (service: { log: Record<string, unknown>[] }, event: string) =>
  service.log.filter((line) => line['event'] === event);

describe('a mail server', () => {
  it('that refuses a mail for good is not asked again: the address is erased, and one alert is raised', async () => {
    const text = (address: string) => `5.1.1 <${address}>: no such user`;
    const server = await startMailServerForTest({
      answer: (stage, address) => (stage === 'rcpt' ? { code: 550, text: text(address) } : undefined),
    });
    const webhook = {
      ALERT_WEBHOOK_URL: 'http://127.0.0.1:9/alerts',
      ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 6).toString('base64')}`,
    };
    const service = await startServiceForTest({ ...server.settings, ...webhook });
    const people = [await register(service.url), await register(service.url)];
    for (const { email } of people) {
      await send(service, { kind: 'reset', address: email });
      const count = people.findIndex((each) => each.email === email) + 1;
      await until('it is dead', () => lines(service, 'mail.died').length === count);
    }
    const rows = await service.query(
      'SELECT address_sealed, reason, attempts, dead_at IS NOT NULL AS dead FROM mail_outbox',
    );
    const dead = { address_sealed: null, reason: '550 5.1.1 to RCPT TO', attempts: 1, dead: true };
    expect(rows).toEqual([dead, dead]);
    expect(lines(service, 'mail.died').map(({ alert }) => alert)).toEqual([true, false]);
    const alerts = await service.query<{ payload: object }>('SELECT payload FROM alert_deliveries');
    expect(alerts).toMatchObject([{ payload: { type: 'mail.died', data: { reason: '550 5.1.1 to RCPT TO' } } }]);
    expect(await service.query(`SELECT 1 FROM audit_events WHERE type = 'mail.died'`)).toHaveLength(2);
    for (const { email } of people) expect(JSON.stringify(service.log)).not.toContain(email);
    await service.advance(8 * 86_400);
    await until('the rows are gone', async () => (await service.query('SELECT 1 FROM mail_outbox')).length === 0);
  });

  it('that falls silent in the middle of a mail is given 15 seconds, and asked again later', async () => {
    let isSilent = true;
    const server = await startMailServerForTest({ answer: (at) => (at === 'data' && isSilent ? 'hang' : undefined) });
    const service = await startServiceForTest(server.settings);
    const { email } = await register(service.url);
    await send(service, { kind: 'reset', address: email });
    await until('it has failed', () => lines(service, 'mail.failed').length === 1, 30_000);
    expect(lines(service, 'mail.failed')[0]?.['reason']).toBe('ETIMEDOUT');
    isSilent = false;
    await service.advance(10);
    const mails = await server.mailsTo(email, 2);
    expect(new Set(mails.map(tokenIn)).size).toBe(1);
  });

  it('that relays nothing for us, or refuses us, kills no mail: it is tried again', async () => {
    for (const [stage, code, text, reason] of [
      ['rcpt', 554, '5.7.1 relay access denied', '554 5.7.1 to RCPT TO'],
      ['mail', 553, '5.1.8 sender refused', '553 5.1.8 to MAIL FROM'],
      ['connect', 554, 'no service for you', 'ECONNECTION|554 to CONN|EPROTOCOL'],
    ] as const) {
      const server = await startMailServerForTest({ answer: (at) => (at === stage ? { code, text } : undefined) });
      const service = await startServiceForTest(server.settings);
      const { email } = await register(service.url);
      await send(service, { kind: 'reset', address: email });
      await until('it has failed', () => lines(service, 'mail.failed').length === 1);
      expect(lines(service, 'mail.failed')[0]?.['reason']).toMatch(new RegExp(`^(${reason})$`));
      expect(lines(service, 'mail.died')).toEqual([]);
    }
  });

  it('that defers a mail receives the same mail, with the same link, after a pause that grows', async () => {
    let deferrals = 2;
    const server = await startMailServerForTest({
      answer: (stage) => (stage === 'data' && deferrals-- > 0 ? { code: 421, text: '4.3.2 try later' } : undefined),
    });
    const service = await startServiceForTest(server.settings);
    const { email } = await register(service.url);
    await send(service, { kind: 'reset', address: email });
    const postponed = async () => {
      const [row] = await service.query<{ seconds: number; reason: string; attempts: number }>(
        `SELECT extract(epoch FROM next_attempt_at - protocol_now())::float8 AS seconds, reason, attempts FROM mail_outbox
          WHERE next_attempt_at < protocol_now() + '50 seconds'`, // not claimed
      );
      return row;
    };
    for (const [attempts, pause] of [
      [1, 5],
      [2, 15],
    ] as const) {
      await until('it is postponed', async () => (await postponed())?.attempts === attempts);
      const row = await postponed();
      expect(row?.reason).toBe('421 4.3.2 to DATA');
      expect(row?.seconds).toBeLessThan(pause * 1.25);
      expect(row?.seconds).toBeGreaterThan(pause * 0.75 - 3);
      await service.advance(pause * 1.25);
    }
    const mails = await server.mailsTo(email, 3);
    expect(new Set(mails.map(tokenIn)).size).toBe(1);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(1);
    await until('the outbox is empty', async () => (await service.query('SELECT 1 FROM mail_outbox')).length === 0);
  });
});
