// Recovery codes: how they may be written, that each is good once, and what its use sets off.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOfRecoveryCode, newRecoveryCode } from '../src/factors/recovery-code.js';
import { bearer, call, decode, me, mobile } from './support/client.js';
import { enrolled, factor, signedInWith, ticketOf } from './support/factors.js';
import { type Service, startService } from './support/service.js';
import { until } from './support/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const userId = '0190a000-0000-7000-8000-000000000001';

describe('a recovery code', () => {
  it('has 24 characters of Crockford’s base 32, which are 120 bits, and no two are alike', () => {
    const codes = Array.from({ length: 1_000 }, newRecoveryCode);
    for (const code of codes) expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(new Set(codes).size).toBe(1_000);
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(32);
  });

  it('is the same in small letters, with other gaps, and with the letters that people read for digits', () => {
    const code = '0123-4567-89AB-CDEF-GHJK-1110';
    const spellings = [
      '0123456789abcdefghjk1110',
      ' O123 4567 89ab-cdef ghjk liIo ',
      'o123-4567-89AB-CDEF-GHJK-LLLO',
      '0123--4567 - 89ab\tcdef\nghjk i1l0',
    ];
    const hash = hashOfRecoveryCode(userId, code);
    expect(hash).toHaveLength(32);
    for (const spelling of spellings) expect(hashOfRecoveryCode(userId, spelling)).toEqual(hash);
  });

  it.each(['', '0123-4567', `${'0'.repeat(24)}0`, `${'0'.repeat(23)}U`, `${'0'.repeat(23)}é`, '１'.repeat(24)])(
    'is not %j',
    (written) => {
      expect(hashOfRecoveryCode(userId, written)).toBeUndefined();
    },
  );

  it('has another hash for another user, so that equal hashes in a dump say nothing', () => {
    const code = newRecoveryCode();
    expect(hashOfRecoveryCode(userId, code)).not.toEqual(hashOfRecoveryCode(userId.replace(/1$/, '2'), code));
  });
});

describe('at the sign-in', () => {
  it('a code signs in once, as two factors', async () => {
    const { person, recoveryCodes } = await enrolled(service);
    const written = recoveryCodes[3]?.toLowerCase().replaceAll('-', ' ');
    const answer = await factor(service, { ticket: await ticketOf(service, person), recoveryCode: written });
    expect(answer.status).toBe(200);
    expect(decode(answer.json['accessToken'])).toMatchObject({
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'urn:watchword:2fa',
    });
    const again = await factor(service, { ticket: await ticketOf(service, person), recoveryCode: recoveryCodes[3] });
    expect(again.json).toMatchObject({ status: 401, code: 'invalid_credentials' });
    const other = await factor(service, { ticket: await ticketOf(service, person), recoveryCode: recoveryCodes[4] });
    expect(other.status).toBe(200);
  });

  it('spent thirty times at once, over as many tickets, it signs in once', async () => {
    const { person, userId: id, recoveryCodes } = await enrolled(service);
    const tickets: string[] = [];
    for (let each = 0; each < 30; each++) tickets.push(await ticketOf(service, person));
    const answers = await Promise.all(
      tickets.map((ticket) => factor(service, { ticket, recoveryCode: recoveryCodes[0] })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ json }) => json['code'] === 'invalid_credentials')).toHaveLength(29);
    expect(await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [id])).toHaveLength(1);
    expect(await leftOf(id)).toBe(9);
  });

  it('five codes at once with one ticket start one session: the ticket is used up, and one code (T1)', async () => {
    for (let round = 0; round < 5; round++) {
      const { person, userId: id, recoveryCodes } = await enrolled(service);
      const ticket = await ticketOf(service, person);
      const answers = await Promise.all(
        recoveryCodes.slice(0, 5).map((recoveryCode) => factor(service, { ticket, recoveryCode })),
      );
      expect(answers.map(({ json }) => json['code'] ?? 'in').toSorted()).toEqual([
        ...Array.from({ length: 4 }, () => 'factor_ticket_invalid'),
        'in',
      ]);
      expect(await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [id])).toHaveLength(1);
      expect(await leftOf(id)).toBe(9);
    }
  });

  it('its owner gets a mail that says how many are left, each time', async () => {
    const { person, userId: id, recoveryCodes } = await enrolled(service);
    for (const recoveryCode of recoveryCodes.slice(0, 2))
      expect((await factor(service, { ticket: await ticketOf(service, person), recoveryCode })).status).toBe(200);
    const events = await service.query<{ details: object }>(
      `SELECT details FROM audit_events WHERE user_id = $1 AND type = 'recovery_code.used' ORDER BY at, id`,
      [id],
    );
    expect(events.map(({ details }) => details)).toEqual([{ left: 9 }, { left: 8 }]);
    const mails = () => service.log.filter(({ kind, to }) => kind === 'recovery_code_used' && to === person.email);
    await until('there are mails about both codes', () => mails().length >= 2);
    const left = mails().map(({ text }) => /Codes left: (\d+)/.exec(String(text))?.[1]);
    expect(left.toSorted()).toEqual(['8', '9']);
  });

  it('a wrong one takes an attempt of the ticket, and says nothing else than a wrong code does', async () => {
    const { person, recoveryCodes } = await enrolled(service);
    const ticket = await ticketOf(service, person);
    for (const recoveryCode of ['', 'x', newRecoveryCode(), newRecoveryCode(), newRecoveryCode()])
      expect((await factor(service, { ticket, recoveryCode })).json['code']).toBe('invalid_credentials');
    const sixth = await factor(service, { ticket, recoveryCode: recoveryCodes[0] });
    expect(sixth.json['code']).toBe('factor_ticket_invalid');
  });
});

describe('new recovery codes', () => {
  const renew = (token: string) =>
    call(service.url, 'POST', '/auth/factors/recovery-codes', { headers: bearer(token) });

  it('take the old ones away, end other sessions, and are told by mail and event', async () => {
    const who = await enrolled(service);
    const other = await signedInWith(service, who);
    await service.advance(30);
    const own = await signedInWith(service, who);
    const answer = await renew(own.accessToken);
    expect(answer.status).toBe(200);
    const codes = answer.json['recoveryCodes'] as string[];
    expect(codes).toHaveLength(10);
    expect((await me(service.url, other.accessToken)).json['code']).toBe('token_revoked');
    expect((await me(service.url, own.accessToken)).status).toBe(200);
    const ticket = await ticketOf(service, who.person);
    expect((await factor(service, { ticket, recoveryCode: who.recoveryCodes[0] })).json['code']).toBe(
      'invalid_credentials',
    );
    expect((await factor(service, { ticket, recoveryCode: codes[0] })).status).toBe(200);
    const events = await service.query(`SELECT type, details FROM audit_events WHERE user_id = $1`, [who.userId]);
    expect(events).toContainEqual({ type: 'factor.enrolled', details: { kind: 'recovery_codes' } });
    await until('the owner has a mail', () =>
      service.log.some(({ kind, to }) => kind === 'factor_added' && to === who.person.email),
    );
  });

  it('need a recent proof by two factors, and a factor beside which they count', async () => {
    const who = await enrolled(service);
    const own = await signedInWith(service, who);
    await service.advance(901);
    expect((await renew(own.accessToken)).json['code']).toBe('reauthentication_required');
    expect(await leftOf(who.userId)).toBe(10);
    const { accessToken } = await mobile(service.url);
    expect((await renew(accessToken)).json).toMatchObject({ status: 404, code: 'not_found' });
  });
});

const leftOf = async (id: string) =>
  (await service.query('SELECT 1 FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL', [id])).length;
