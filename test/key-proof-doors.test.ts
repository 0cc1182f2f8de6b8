// Every route that may start a bearer session takes the proof of a key (RFC 9449), and nothing is used up where it is refused.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, call, type Person, register } from './support/client.js';
import { codeOf, enrolled, seedIn, stepNow } from './support/factors.js';
import { ClientKey, goesOnBound } from './support/key-proofs.js';
import { type MailServer, startMailServer } from './support/mail-server.js';
import { mailed } from './support/one-time-tokens.js';
import { addPasskey, optionsOf } from './support/passkeys.js';
import { Authenticator } from './support/authenticator.js';
import { type Service, startService } from './support/service.js';

let mail: MailServer;
let service: Service;
let key: ClientKey;
beforeAll(async () => {
  [mail, key] = [await startMailServer(), await ClientKey.make()];
  service = await startService({ ...mail.settings, MAGIC_LINKS: 'on', REQUIRE_BOUND_SESSIONS: 'bearer' });
});
afterAll(async () => {
  await service.stop();
  await mail.close();
});

const post = (path: string, body: object, headers = {}) => call(service.url, 'POST', path, { body, headers });
const withKey = async (path: string, body: object) => post(path, body, await key.headers(path));

describe('a proof that does not do', () => {
  const open = ['/auth/login', '/auth/login/passkey', '/auth/magic', '/auth/exchange', '/auth/upstream/exchange'];
  const closed = ['/auth/password', '/auth/factors/passkeys', `/auth/factors/totp/${randomUUID()}/confirm`];

  it.each([...open, '/auth/factor', '/auth/refresh', ...closed])('is refused at POST %s', async (path) => {
    const person = await register(service.url);
    const { json } = await withKey('/auth/login', { ...person, transport: 'bearer' });
    const access = closed.includes(path) ? bearer(json['accessToken'] as string) : {};
    const codeWith = async (headers: object) => post(path, {}, { ...access, ...headers });
    const wrong = await codeWith({ dpop: 'no.proof.atall' });
    expect([wrong.status, wrong.json['code']]).toEqual([400, 'dpop_proof_invalid']);
    const late = await codeWith(await key.headers(path, { claims: { iat: 1 } }));
    expect([late.status, late.json['code']]).toEqual([401, 'dpop_nonce_required']);
    const nonce = String(late.headers['dpop-nonce']);
    const asked = await codeWith(await key.headers(path, { claims: { iat: 1, nonce } }));
    expect(asked.json['code']).not.toMatch(/^dpop_/); // the body is looked at
  });
});

/** Refused without a proof, and good with one: nothing was used up, and the session goes on with the key alone. */
async function isKept(path: string, body: object): Promise<void> {
  const refused = await post(path, body);
  expect([refused.status, refused.json['code']]).toEqual([400, 'dpop_proof_required']);
  const answer = await withKey(path, body);
  expect(answer.status).toBeLessThan(300);
  await goesOnBound(service.url, key, answer.json['refreshToken']);
}

describe('without a proof, where sessions need a key,', () => {
  it('the answer of a passkey stays good', async () => {
    const passkey = new Authenticator();
    const { id, email } = await somebody();
    await addPasskey(service, id, email, passkey);
    await isKept('/auth/login/passkey', { credential: passkey.get(await optionsOf(service)), transport: 'bearer' });
  });

  it('a link to sign in stays good', async () => {
    const { id } = await somebody();
    await isKept('/auth/magic', { token: (await mailed(service, id, 'magic')).token, transport: 'bearer' });
  });

  it('a second factor and its ticket stay good', async () => {
    const { person, code } = await enrolled(service);
    const { json } = await withKey('/auth/login', { ...person, transport: 'bearer' });
    await isKept('/auth/factor', { ticket: json['ticket'], totp: await code() });
  });

  it('a factor that is set up with a ticket is set up later', async () => {
    const ticket = await enrolTicket();
    const { json } = await post('/auth/factors/totp', { ticket, name: 'My phone' });
    const code = codeOf(seedIn(json['uri'] as string), await stepNow(service));
    await isKept(`/auth/factors/totp/${json['id'] as string}/confirm`, { ticket, code });
  });

  it('so is a passkey', async () => {
    const ticket = await enrolTicket();
    const options = await post('/auth/factors/passkeys/options', { ticket });
    await isKept('/auth/factors/passkeys', {
      ...{ ticket, name: 'My key', credential: new Authenticator().create(options.json as never) },
    });
  });
});

async function somebody(): Promise<Person & { id: string }> {
  const person = await register(service.url);
  await service.query(`UPDATE users SET email_verified_at = now() WHERE email = $1`, [person.email]);
  const [user] = await service.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [person.email]);
  return { ...person, id: user?.id ?? '' };
}

/** Of an administrator, who needs a second factor. */
async function enrolTicket(): Promise<string> {
  const person = await register(service.url);
  await service.query(`UPDATE users SET role = 'admin' WHERE email = $1`, [person.email]);
  const { json } = await withKey('/auth/login', { ...person, transport: 'bearer' });
  expect(json['code']).toBe('enrolment_required');
  return json['ticket'] as string;
}
