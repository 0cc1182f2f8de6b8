// A passkey after the password, and as a new proof of a signed-in user.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authenticator, type Spoiled } from './support/authenticator.js';
import { bearer, Browser, call, decode, mobile, type Tokens } from './support/client.js';
import { enrolled, factor, ticketOf } from './support/factors.js';
import { holder, type Holder, optionsOf, signInBy } from './support/passkeys.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const refused = { status: 401, code: 'invalid_credentials' };

const optionsFor = (ticket: string) => call(service.url, 'POST', '/auth/factor/options', { body: { ticket } });

/** Goes on with the ticket. */
async function goOn(ticket: string, key: Authenticator, spoiled: Spoiled = {}) {
  const options = await optionsFor(ticket);
  expect(options.status).toBe(200);
  return factor(service, { ticket, passkey: key.get(options.json, spoiled) });
}

const failuresOf = async (userId: string) => {
  const rows = await service.query<{ details: object }>(
    "SELECT details FROM audit_events WHERE user_id = $1 AND type = 'factor.failed' ORDER BY id",
    [userId],
  );
  return rows.map(({ details }) => details);
};

describe('a passkey as second factor', () => {
  it('is asked for after the password, named, and makes the sign-in one by a passkey', async () => {
    const { person, key, userId } = await holder(service, new Authenticator(-7, { transports: ['usb', 'smoke'] }));
    const asked = await call(service.url, 'POST', '/auth/login', { body: { ...person, transport: 'bearer' } });
    expect(asked.json).toMatchObject({ code: 'second_factor_required', methods: ['passkey'] });
    const ticket = asked.json['ticket'] as string;
    const options = await optionsFor(ticket);
    expect(options.json).toMatchObject({
      rpId: 'auth.test',
      userVerification: 'preferred',
      allowCredentials: [{ id: key.credentialId.toString('base64url'), type: 'public-key', transports: ['usb'] }],
    });
    const answer = await factor(service, { ticket, passkey: key.get(options.json) });
    expect(answer.status).toBe(200);
    expect(decode((answer.json as Tokens).accessToken)).toMatchObject({
      sub: userId,
      amr: ['pwd', 'pop', 'user', 'mfa'],
      acr: 'phr',
    });
  });

  it('needs no PIN beside the password (a security key), and no userHandle', async () => {
    const { person, key } = await holder(service);
    const answer = await goOn(await ticketOf(service, person), key, { verified: false, userHandle: null });
    expect(answer.status).toBe(200);
  });

  it('goes on over cookies', async () => {
    const { person, key } = await holder(service);
    const browser = new Browser(service.url);
    expect((await browser.go('POST', '/auth/login', { body: person })).status).toBe(401);
    const { json } = await browser.go('POST', '/auth/factor/options');
    expect((await browser.go('POST', '/auth/factor', { body: { passkey: key.get(json) } })).status).toBe(200);
    expect((await browser.go('GET', '/auth/me')).json).toMatchObject({ methods: ['pwd', 'pop', 'user', 'mfa'] });
  });

  const wrong: [string, string, Spoiled][] = [
    ['signed in a frame of another site', 'wrong_passkey', { clientData: { crossOrigin: true } }],
    ['that names another user', 'wrong_passkey', { userHandle: randomBytes(16).toString('base64url') }],
    ['without anybody present', 'wrong_passkey', { present: false, verified: false }],
    ['on another origin', 'wrong_passkey', { origin: 'https://evil.example' }],
  ];
  it.each(wrong)('refuses an answer %s, and takes an attempt of the ticket', async (_, reason, spoiled) => {
    const { person, key, userId } = await holder(service);
    const ticket = await ticketOf(service, person);
    expect((await goOn(ticket, key, spoiled)).json).toMatchObject(refused);
    expect(await failuresOf(userId)).toEqual([{ kind: 'passkey', reason }]);
    const [row] = await service.query('SELECT attempts FROM factor_tickets WHERE user_id = $1', [userId]);
    expect(row).toEqual({ attempts: 1 });
    expect((await goOn(ticket, key)).status).toBe(200);
  });

  it('refuses the passkey of somebody else', async () => {
    const [mine, other] = [await holder(service), await holder(service)];
    const ticket = await ticketOf(service, mine.person);
    expect((await goOn(ticket, other.key, { userHandle: null })).json).toMatchObject(refused);
    expect(await failuresOf(mine.userId)).toEqual([{ kind: 'passkey', reason: 'unknown_passkey' }]);
  });

  it('refuses the challenge of another purpose, in both directions', async () => {
    const { person, key } = await holder(service);
    const ticket = await ticketOf(service, person);
    const headers = bearer(((await signInBy(service, key)).json as Tokens).accessToken);
    const ofSession = await call(service.url, 'POST', '/auth/reauthenticate/options', { headers });
    for (const foreign of [await optionsOf(service), ofSession.json])
      expect((await factor(service, { ticket, passkey: key.get(foreign) })).json).toMatchObject(refused);
    const { json } = await optionsFor(ticket);
    const body = { credential: key.get(json), transport: 'bearer' };
    expect((await call(service.url, 'POST', '/auth/login/passkey', { body })).json).toMatchObject(refused);
  });

  it('counts one answer in one of two tickets at once', async () => {
    const { person, key } = await holder(service);
    const tickets = [await ticketOf(service, person), await ticketOf(service, person)];
    const { json } = await optionsFor(tickets[0] ?? '');
    const passkey = key.get(json);
    const answers = await Promise.all(tickets.map((ticket) => factor(service, { ticket, passkey })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
  });

  it('pages somebody when its counter goes back, and another factor still works', async () => {
    const { person, key, userId } = await holder(service, new Authenticator(-7, { counts: true }));
    expect((await signInBy(service, key)).status).toBe(200);
    const { code } = await enrolled(service, person);
    const ticket = await ticketOf(service, person);
    expect((await goOn(ticket, key, { counter: 1 })).json).toMatchObject(refused);
    expect(await failuresOf(userId)).toEqual([{ kind: 'passkey', reason: 'counter_back' }]);
    const paged = service.log.filter(({ event, userId: who }) => event === 'passkey.counter_back' && who === userId);
    expect(paged).toMatchObject([{ alert: true }]);
    expect((await factor(service, { ticket, totp: await code() })).status).toBe(200);
  });

  it('takes no wrong code away: each sign-in of the owner would give a thief a hundred guesses more', async () => {
    const { person, key } = await holder(service);
    const { wrongCode } = await enrolled(service, person);
    const failures = () => service.query("SELECT failures FROM guess_budgets WHERE kind = 'otp' AND failures > 0");
    const before = (await failures()).length;
    await factor(service, { ticket: await ticketOf(service, person), totp: await wrongCode() });
    expect((await goOn(await ticketOf(service, person), key)).status).toBe(200);
    expect((await failures()).length).toBe(before + 1);
  });

  it('asks no authenticator where the account has no passkey, or the ticket is none', async () => {
    const { person, code } = await enrolled(service);
    const ticket = await ticketOf(service, person);
    expect((await optionsFor(ticket)).json).toMatchObject({ status: 404, code: 'not_found' });
    expect((await optionsFor(ticket.replace(/.$/, '_'))).json).toMatchObject({ code: 'factor_ticket_invalid' });
    expect((await factor(service, { ticket, totp: await code() })).status).toBe(200);
    expect((await optionsFor(ticket)).json).toMatchObject({ status: 401, code: 'factor_ticket_invalid' });
  });
});

describe('a new proof by a passkey alone', () => {
  const optionsOfSession = (token: string) =>
    call(service.url, 'POST', '/auth/reauthenticate/options', { headers: bearer(token) });
  const prove = (token: string, passkey: object) =>
    call(service.url, 'POST', '/auth/reauthenticate', { body: { passkey }, headers: bearer(token) });

  async function signedIn(given?: Holder) {
    const who = given ?? (await holder(service));
    const { json } = await signInBy(service, who.key);
    return { ...who, token: (json as Tokens).accessToken, session: (json as Tokens).session.id };
  }

  it('moves the time of the same session', async () => {
    const { key, token, session } = await signedIn();
    await service.advance(120);
    const options = await optionsOfSession(token);
    expect(options.json).toMatchObject({ userVerification: 'required', allowCredentials: [{ type: 'public-key' }] });
    const answer = await prove(token, key.get(options.json));
    expect(answer.json).toMatchObject({ session: { id: session } });
    const claims = decode(answer.json['accessToken'] as string);
    expect(claims).toMatchObject({ amr: expect.arrayContaining(['pop', 'user', 'mfa']) as unknown, acr: 'phr' });
    expect(Number(claims['auth_time']) - Number(decode(token)['auth_time'])).toBeGreaterThanOrEqual(119);
  });

  it('needs user verification, counts once, and keeps the session as it is when it is refused', async () => {
    const { key, token, userId } = await signedIn();
    const { json } = await optionsOfSession(token);
    expect((await prove(token, key.get(json, { verified: false }))).json).toMatchObject({
      ...refused,
      session: 'keep',
    });
    const passkey = key.get(json);
    const answers = await Promise.all([prove(token, passkey), prove(token, passkey)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401]);
    const rows = await service.query<{ reason: string }>(
      `SELECT details->>'reason' AS reason FROM audit_events WHERE user_id = $1 AND type = 'reauthentication.failed'`,
      [userId],
    );
    expect(rows).toEqual([{ reason: 'wrong_passkey' }, { reason: 'wrong_passkey' }]);
  });

  it('is not one by the passkey of somebody else, or by the challenge of a sign-in', async () => {
    const [mine, other] = [await signedIn(), await signedIn()];
    const { json } = await optionsOfSession(mine.token);
    expect((await prove(mine.token, other.key.get(json, { userHandle: null }))).json).toMatchObject(refused);
    expect((await prove(mine.token, mine.key.get(await optionsOf(service)))).json).toMatchObject(refused);
    const others = await optionsOfSession(other.token);
    expect((await prove(mine.token, mine.key.get(others.json))).json).toMatchObject(refused);
  });

  it('asks no authenticator of an account without a passkey, and takes one proof, not two', async () => {
    const phone = await mobile(service.url);
    expect((await optionsOfSession(phone.accessToken)).json).toMatchObject({ status: 404, code: 'not_found' });
    const headers = bearer(phone.accessToken);
    const none = await call(service.url, 'POST', '/auth/reauthenticate', { body: {}, headers });
    expect(none.json).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});
