// Codes of authenticator apps: which ones count, how often, and how many may be tried.
import { describe, expect, it } from 'vitest';
import { stepOf, uriOf } from '../src/factors/totp.js';
import { codeOf, enrolled, factor, stepNow, ticketOf } from './support/factors.js';
import { type Service } from './support/service.js';
import { startStill } from './support/still-time.js';

/** RFC 6238, Appendix B, for SHA-1: the last six of eight digits. */
const vectors = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
] as const;
const rfcSeed = Buffer.from('12345678901234567890');

describe('a code', () => {
  it.each(vectors)('of the RFC at %i s is right, and of that step', (seconds, code) => {
    const step = Math.floor(seconds / 30);
    expect(codeOf(rfcSeed, step)).toBe(code);
    expect(stepOf(code, rfcSeed, new Date(seconds * 1000))).toBe(step);
  });

  it('counts while the clocks are up to a step apart, and not further', () => {
    const at = 1_700_000_010; // a step begins
    const code = codeOf(rfcSeed, at / 30);
    const seenAt = (seconds: number) => stepOf(code, rfcSeed, new Date((at + seconds) * 1000));
    expect([-31, -30, -29, 0, 29, 30, 59, 60].map((seconds) => seenAt(seconds) !== undefined)).toEqual([
      false,
      true,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('is written into a URI that every app reads', () => {
    expect(uriOf(rfcSeed, { issuer: 'A & B', label: 'a+b@example.com' })).toBe(
      'otpauth://totp/A%20%26%20B:a%2Bb%40example.com?issuer=A%20%26%20B&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' +
        '&algorithm=SHA1&digits=6&period=30',
    );
  });
});

describe('at the sign-in', () => {
  it('a code is used up: by its step, and with every older one (RFC 6238 §5.2)', async () => {
    const service = await startStill();
    const { person, seed } = await enrolled(service);
    const step = await stepNow(service);
    const [one, other] = [await ticketOf(service, person), await ticketOf(service, person)];
    expect((await factor(service, { ticket: one, totp: codeOf(seed, step) })).status).toBe(200);
    for (const used of [step, step - 1])
      expect((await factor(service, { ticket: other, totp: codeOf(seed, used) })).json['code']).toBe(
        'invalid_credentials',
      );
    const next = await factor(service, { ticket: other, totp: codeOf(seed, step + 1) });
    expect(next.status).toBe(200);
    const events = await eventsOf(service);
    expect(events.filter(({ type }) => type === 'factor.failed').map(({ details }) => details['reason'])).toEqual([
      'used',
      'used',
    ]);
  });

  it('of fifty right codes at once one signs in', async () => {
    const service = await startStill();
    const { person, userId, code } = await enrolled(service);
    const [ticket, totp] = [await ticketOf(service, person), await code()];
    const answers = await Promise.all(Array.from({ length: 50 }, () => factor(service, { ticket, totp })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [userId])).toHaveLength(1);
  });

  it('one code in many tickets at once signs in once', async () => {
    const service = await startStill();
    const { person, userId, code } = await enrolled(service);
    const tickets: string[] = [];
    // One after the other: guesses under way count, and more than a few at once have to wait.
    for (let i = 0; i < 8; i++) tickets.push(await ticketOf(service, person));
    const totp = await code();
    const answers = await Promise.all(tickets.map((ticket) => factor(service, { ticket, totp })));
    expect(answers.map(({ status }) => status).toSorted()[0]).toBe(200);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [userId])).toHaveLength(1);
  });
});

describe('the budget of wrong codes', () => {
  it('is the user’s: new tickets and right passwords give nothing back, and it closes at a hundred', async () => {
    const service = await startStill();
    const { person, userId, code, wrongCode, recoveryCodes } = await enrolled(service);
    for (let wrong = 0; wrong < 100; wrong++) {
      await service.advance(301); // longer than any delay; the ticket before is over
      const answer = await factor(service, { ticket: await ticketOf(service, person), totp: await wrongCode() });
      expect([wrong, answer.json['code']]).toEqual([wrong, 'invalid_credentials']);
    }
    await service.advance(301);
    const ticket = await ticketOf(service, person);
    const closed = await factor(service, { ticket, totp: await code() });
    expect(closed.json).toMatchObject({ status: 403, code: 'totp_closed' });
    const events = await eventsOf(service);
    expect(events.filter(({ type }) => type === 'factor.closed')).toEqual([
      { type: 'factor.closed', user_id: userId, details: { failures: 100 } },
    ]);
    expect((await factor(service, { ticket, recoveryCode: recoveryCodes[0] })).status).toBe(200);
    const open = await factor(service, { ticket: await ticketOf(service, person), totp: await code() });
    expect(open.status).toBe(200);
  }, 120_000);

  it('delays after the free ones, takes no attempt of the ticket then, and verifies nothing', async () => {
    const service = await startStill();
    const { person, code, wrongCode } = await enrolled(service);
    const first = await ticketOf(service, person);
    for (let wrong = 0; wrong < 5; wrong++) await factor(service, { ticket: first, totp: await wrongCode() });
    const second = await ticketOf(service, person);
    expect((await factor(service, { ticket: second, totp: await wrongCode() })).json['code']).toBe(
      'invalid_credentials',
    );
    for (let tried = 0; tried < 6; tried++) {
      const early = await factor(service, { ticket: second, totp: await code() });
      expect(early.json).toMatchObject({ status: 429, code: 'too_many_attempts', retryAfter: 2 });
    }
    await service.advance(2);
    expect((await factor(service, { ticket: second, totp: await code() })).status).toBe(200);
  });

  it('gives the owner back what their own sign-in took, and no more', async () => {
    const service = await startStill();
    const { person, code, wrongCode } = await enrolled(service);
    const stranger = await ticketOf(service, person);
    await factor(service, { ticket: stranger, totp: await wrongCode() });
    await factor(service, { ticket: stranger, totp: await wrongCode() });
    const own = await ticketOf(service, person);
    await factor(service, { ticket: own, totp: await wrongCode() });
    expect(await failuresOf(service)).toEqual([3]);
    expect((await factor(service, { ticket: own, totp: await code() })).status).toBe(200);
    expect(await failuresOf(service)).toEqual([2]);
  });

  it('is smaller for an account with several apps, each of which makes a guess likelier to be right', async () => {
    const service = await startStill();
    const { person, wrongCode } = await enrolled(service);
    for (let app = 1; app < 5; app++) await enrolled(service, person);
    for (let wrong = 0; wrong < 20; wrong++) {
      await service.advance(301);
      const answer = await factor(service, { ticket: await ticketOf(service, person), totp: await wrongCode() });
      expect(answer.json['code']).toBe('invalid_credentials');
    }
    await service.advance(301);
    const closed = await factor(service, { ticket: await ticketOf(service, person), totp: await wrongCode() });
    expect(closed.json['code']).toBe('totp_closed');
  }, 60_000);

  it('is kept for a year, so that waiting gains nothing', async () => {
    const service = await startStill();
    const { person, wrongCode } = await enrolled(service);
    await factor(service, { ticket: await ticketOf(service, person), totp: await wrongCode() });
    const [row] = await service.query<{ days: number }>(
      `SELECT purge_after - protocol_now()::date AS days FROM guess_budgets WHERE kind = 'otp'`,
    );
    expect(row?.days).toBe(365);
  });
});

it('a seed does not open in the row of another user, nor under another id', async () => {
  const service = await startStill();
  const [one, other] = [await enrolled(service), await enrolled(service)];
  await service.query(
    `UPDATE totp_authenticators t SET secret_sealed = s.secret_sealed FROM totp_authenticators s
      WHERE t.user_id = $1 AND s.user_id = $2`,
    [other.userId, one.userId],
  );
  const answer = await factor(service, { ticket: await ticketOf(service, other.person), totp: await one.code() });
  expect(answer.json).toMatchObject({ status: 500, code: 'internal_error' });
  expect(await failuresOf(service)).toEqual([0]);
  expect((await factor(service, { ticket: await ticketOf(service, one.person), totp: await one.code() })).status).toBe(
    200,
  );
});

const eventsOf = (service: Service) =>
  service.query<{ type: string; user_id: string; details: Record<string, unknown> }>(
    `SELECT type, user_id, details FROM audit_events WHERE type LIKE 'factor.%' ORDER BY at, id`,
  );
const failuresOf = async (service: Service) =>
  (await service.query<{ failures: number }>(`SELECT failures FROM guess_budgets WHERE kind = 'otp'`)).map(
    ({ failures }) => failures,
  );
