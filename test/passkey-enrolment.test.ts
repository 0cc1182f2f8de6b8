// Takes a new passkey into an account, and refuses what is none.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatOneTimeToken } from '../src/tokens/one-time-token.js';
import { type Algorithm, Authenticator, credentialOfNobody, type Spoiled } from './support/authenticator.js';
import { bearer, call, decode, me, mobile, refresh, register } from './support/client.js';
import { mailed } from './support/one-time-tokens.js';
import { addPasskey, holder, signInBy } from './support/passkeys.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ BRAND_NAME: 'Example' });
});
afterAll(() => service.stop());

type Phone = Awaited<ReturnType<typeof mobile>>;
type Holder = Pick<Phone, 'accessToken'>;

const begin = ({ accessToken }: Holder, at = service) =>
  call(at.url, 'POST', '/auth/factors/passkeys/options', { headers: bearer(accessToken) });
const finish = ({ accessToken }: Holder, credential: object, extra: object = {}, at = service) =>
  call(at.url, 'POST', '/auth/factors/passkeys', { body: { credential, ...extra }, headers: bearer(accessToken) });

interface Manner {
  readonly spoiled?: Spoiled;
  readonly name?: string;
}

async function enrol(phone: Holder, key: Authenticator, { spoiled = {}, name = '' }: Manner = {}) {
  const { json } = await begin(phone);
  return finish(phone, key.create(json, spoiled), name === '' ? {} : { name });
}

const rowsOf = ({ user }: Phone) =>
  service.query<{ name: string }>('SELECT * FROM passkeys WHERE user_id = $1 ORDER BY id', [user.id]);
/** By two factors, as those need who have one. */
const signedInBy = async (key: Authenticator): Promise<Phone> => (await signInBy(service, key)).json as Phone;

describe('a new passkey', () => {
  it('is made for the account, discoverable where it can be, without attestation, by three algorithms', async () => {
    const phone = await mobile(service.url);
    const options = await begin(phone);
    expect(options.json).toMatchObject({
      rp: { id: 'auth.test', name: 'Example' },
      user: {
        id: Buffer.from(phone.user.id.replaceAll('-', ''), 'hex').toString('base64url'),
        name: phone.person.email,
        displayName: phone.person.email,
      },
      pubKeyCredParams: [-8, -7, -257].map((alg) => ({ alg, type: 'public-key' })),
      authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'preferred' },
      attestation: 'none',
      excludeCredentials: [],
    });
  });

  it('brings recovery codes with the first factor, ends the other sessions, and signs in', async () => {
    const phone = await mobile(service.url);
    const other = await mobile(service.url, phone.person);
    const key = new Authenticator(-7, { transports: ['internal', 'hybrid'], synced: true });
    const answer = await enrol(phone, key);
    expect(answer.json).toEqual({ id: expect.any(String) as string, recoveryCodes: expect.any(Array) as unknown });
    expect(answer.json['recoveryCodes']).toHaveLength(10);
    expect(answer.status).toBe(201);
    expect((await refresh(service.url, other.refreshToken)).json).toMatchObject({ session: 'ended' });
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
    expect((await signInBy(service, key)).status).toBe(200);
    const asked = await call(service.url, 'POST', '/auth/login', { body: { ...phone.person, transport: 'bearer' } });
    expect(asked.json).toMatchObject({ code: 'second_factor_required', methods: ['recovery_code', 'passkey'] });
    const [event] = await service.query(
      "SELECT details FROM audit_events WHERE user_id = $1 AND type = 'factor.enrolled'",
      [phone.user.id],
    );
    expect(event).toEqual({ details: { kind: 'passkey' } });
  });

  it('is listed with its authenticator, and the second one brings no recovery codes', async () => {
    const phone = await mobile(service.url);
    const key = new Authenticator(-7, { synced: true, aaguid: 'd548826e-79b4-db40-a3d8-11116f7e8349' });
    await enrol(phone, key);
    const again = await signedInBy(key);
    const second = await enrol(again, new Authenticator(-8, { transports: ['usb'] }), { name: 'The blue one' });
    expect(second.json).toEqual({ id: expect.any(String) as string });
    const list = await call(service.url, 'GET', '/auth/factors', { headers: bearer(again.accessToken) });
    expect(list.json).toMatchObject({
      passkeys: [
        { name: 'Bitwarden', aaguid: 'd548826e-79b4-db40-a3d8-11116f7e8349', backedUp: true },
        { id: second.json['id'], name: 'The blue one', backedUp: false, lastUsedAt: null },
      ],
      recoveryCodesLeft: 10,
    });
  });

  it.each([
    [{ transports: ['usb', 'nfc'] }, 'Security key'],
    [{ transports: ['internal'] }, 'Passkey'],
    [{ aaguid: 'fa2b99dc-9e39-4257-8f92-4a30d23c4118', transports: ['usb'] }, 'YubiKey 5 NFC'],
  ])('of %j is called %s where nobody names it', async (traits, name) => {
    const phone = await mobile(service.url);
    await enrol(phone, new Authenticator(-7, traits));
    expect(await rowsOf(phone)).toMatchObject([{ name }]);
  });

  it('is removed and renamed like any factor, and opens nothing then', async () => {
    const phone = await mobile(service.url);
    const [first, second] = [new Authenticator(), new Authenticator()];
    await enrol(phone, first);
    const again = await signedInBy(first);
    const { id } = (await enrol(again, second)).json as { id: string };
    const headers = bearer((await signedInBy(second)).accessToken);
    const renamed = await call(service.url, 'PATCH', `/auth/factors/${id}`, { body: { name: 'Old' }, headers });
    expect(renamed.status).toBeLessThan(300);
    expect(await rowsOf(phone)).toMatchObject([{ name: 'Passkey' }, { name: 'Old' }]);
    expect((await call(service.url, 'DELETE', `/auth/factors/${id}`, { headers })).status).toBe(204);
    expect((await signInBy(service, second)).json).toMatchObject({ code: 'invalid_credentials' });
    expect((await signInBy(service, first)).status).toBe(200);
  });
});

describe('a passkey is refused', () => {
  const rejected = { status: 422, code: 'passkey_rejected', session: 'keep' };
  const wrong: [string, Spoiled][] = [
    ['that was made in a frame of another site', { clientData: { crossOrigin: true } }],
    ['that was made on a page of another origin', { origin: 'https://auth.test.evil.example' }],
    ['of another domain', { rpId: 'evil.example' }],
    ['to no challenge of ours', { challenge: 'AAAA' }],
    ['of another ceremony', { clientData: { type: 'webauthn.get' } }],
    ['without anybody present', { present: false }],
    ['that is backed up and cannot be', { backedUp: true, backupEligible: false }],
  ];
  it.each(wrong)('%s', async (_, spoiled) => {
    const phone = await mobile(service.url);
    expect((await enrol(phone, new Authenticator(), { spoiled })).json).toMatchObject(rejected);
    expect(await rowsOf(phone)).toEqual([]);
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
  });

  it.each<[string, Algorithm]>([['ES384', -35]])(
    'of the algorithm %s, which was not asked for',
    async (_, algorithm) => {
      const phone = await mobile(service.url);
      expect((await enrol(phone, new Authenticator(algorithm))).json).toMatchObject(rejected);
    },
  );

  it('to the challenge of another user, of a proof, or of more than five minutes ago', async () => {
    const own = await startServiceForTest({ STEP_UP_MAX_AGE_SECONDS: '900' });
    const [mine, other] = [await mobile(own.url), await mobile(own.url)];
    const foreign = (await begin(other, own)).json;
    expect((await finish(mine, new Authenticator().create(foreign), {}, own)).json).toMatchObject(rejected);
    const key = await addPasskey(own, mine.user.id, mine.person.email);
    const { accessToken } = (await signInBy(own, key)).json as Phone;
    const path = '/auth/reauthenticate/options';
    const proof = (await call(own.url, 'POST', path, { headers: bearer(accessToken) })).json;
    const options = (await begin({ accessToken }, own)).json;
    const made = new Authenticator().create({ ...options, challenge: proof['challenge'] as string });
    expect((await finish({ accessToken }, made, {}, own)).json).toMatchObject(rejected);
    await own.advance(301);
    const late = await finish({ accessToken }, new Authenticator().create(options), {}, own);
    expect(late.json).toMatchObject(rejected);
  });

  it('that the account has already, also when it is sent twice at once', async () => {
    const phone = await mobile(service.url);
    const key = new Authenticator();
    const credential = key.create((await begin(phone)).json);
    const answers = await Promise.all([finish(phone, credential), finish(phone, credential)]);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await rowsOf(phone)).toHaveLength(1);
    const again = await signedInBy(key);
    const options = (await begin(again)).json;
    expect(options['excludeCredentials']).toMatchObject([{ id: key.credentialId.toString('base64url') }]);
    expect((await finish(again, key.create(options))).json).toMatchObject(rejected);
  });

  it('that is the eleventh, also when the tenth came after its options', async () => {
    const { key, userId, person } = await holder(service);
    for (let more = 0; more < 8; more++) await addPasskey(service, userId, person.email);
    const phone = await signedInBy(key);
    const credential = new Authenticator().create((await begin(phone)).json);
    await addPasskey(service, userId, person.email);
    const full = { status: 409, code: 'too_many_factors' };
    expect((await finish(phone, credential)).json).toMatchObject(full);
    expect((await begin(phone)).json).toMatchObject(full);
    expect(await service.query('SELECT 1 FROM passkeys WHERE user_id = $1', [userId])).toHaveLength(10);
  });

  it('without a recent proof, or with one factor of two (NIST SP 800-63B-4 §4.1.2.1)', async () => {
    const phone = await mobile(service.url);
    const options = (await begin(phone)).json;
    await service.advance(901);
    const stale = await mobileAgain(phone);
    for (const answer of [await begin(stale), await finish(stale, new Authenticator().create(options))])
      expect(answer.json).toMatchObject({ status: 403, code: 'reauthentication_required' });
  });

  async function mobileAgain(phone: Phone): Promise<Phone> {
    return { ...phone, ...((await refresh(service.url, phone.refreshToken)).json as Phone) };
  }
});

describe('with the ticket of a role that needs a factor', () => {
  const post = (path: string, body: object, at = service) => call(at.url, 'POST', path, { body });

  async function administrator(): Promise<{ ticket: string; email: string }> {
    const person = await register(service.url);
    await service.query("UPDATE users SET role = 'admin' WHERE email = $1", [person.email]);
    const { json } = await post('/auth/login', { ...person, transport: 'bearer' });
    return { ticket: json['ticket'] as string, email: person.email };
  }

  it('a new passkey is the last step of the sign-in', async () => {
    const { ticket, email } = await administrator();
    const key = new Authenticator();
    const options = await post('/auth/factors/passkeys/options', { ticket });
    const answer = await post('/auth/factors/passkeys', { ticket, credential: key.create(options.json) });
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ user: { email, role: 'admin' }, tokenType: 'Bearer' });
    expect(answer.json['recoveryCodes']).toHaveLength(10);
    const claims = decode(answer.json['accessToken'] as string);
    expect(claims).toMatchObject({ amr: ['pwd', 'pop', 'user', 'mfa'], acr: 'phr' });
    expect((await me(service.url, answer.json['accessToken'] as string)).status).toBe(200);
    expect((await signInBy(service, key)).status).toBe(200);
    const again = await post('/auth/factors/passkeys', { ticket, credential: credentialOfNobody() });
    expect(again.json).toMatchObject({ status: 401, code: 'factor_ticket_invalid' });
    const none = await post('/auth/factors/passkeys/options', { ticket });
    expect(none.json).toMatchObject({ status: 401, code: 'factor_ticket_invalid' });
  });

  it('a passkey that is refused leaves the ticket as it was', async () => {
    const { ticket } = await administrator();
    const { json } = await post('/auth/factors/passkeys/options', { ticket });
    const wrong = await post('/auth/factors/passkeys', { ticket, credential: credentialOfNobody() });
    expect(wrong.json).toMatchObject({ status: 422, code: 'passkey_rejected' });
    const right = await post('/auth/factors/passkeys', { ticket, credential: new Authenticator().create(json) });
    expect(right.status).toBe(201);
  });

  it('after a reset by an operator the mailed token is needed, too, and guessing one is limited', async () => {
    const own = await startServiceForTest({ FAILURES_PER_ADDRESS: '10' });
    const phone = await mobile(own.url);
    await own.query('UPDATE users SET factors_reset_at = protocol_now() WHERE id = $1', [phone.user.id]);
    const credential = new Authenticator().create((await begin(phone, own)).json);
    const given = (token?: string) => finish(phone, credential, token === undefined ? {} : { token }, own);
    expect((await given()).json).toMatchObject({ status: 403, code: 'enrolment_token_required', session: 'keep' });
    const { token } = await mailed(own, phone.user.id, 'enrol');
    const unknown = () => formatOneTimeToken({ purpose: 'enrol', userId: phone.user.id, secret: randomBytes(32) });
    for (let guesses = 0; guesses < 9; guesses++)
      expect((await given(unknown())).json).toMatchObject({ status: 400, code: 'token_invalid' });
    expect((await given(token)).status).toBe(201);
    const key = await addPasskey(own, phone.user.id, phone.person.email);
    const { accessToken } = (await signInBy(own, key)).json as Phone;
    const next = new Authenticator().create((await begin({ accessToken }, own)).json);
    const guess = () => finish({ accessToken }, next, { token: unknown() }, own);
    expect((await guess()).json['code']).toBe('token_invalid');
    expect((await guess()).json).toMatchObject({ status: 429, code: 'too_many_attempts' });
  });
});
