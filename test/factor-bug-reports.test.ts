// Bug reports of other systems with second factors and passkeys, tried on this one.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authenticator } from './support/authenticator.js';
import { bearer, call, decode, me, mobile } from './support/client.js';
import { enrolled, factor, seedIn, signedInWith, STEP_SECONDS, codeOf, stepNow, ticketOf } from './support/factors.js';
import { holder, signInBy } from './support/passkeys.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const post = (path: string, body: object, token?: string) =>
  call(service.url, 'POST', path, { body, ...(token === undefined ? {} : { headers: bearer(token) }) });

describe('a passkey', () => {
  it.each([
    ['that its keychain has synchronised since', { backupEligible: true, backedUp: true }],
    ['that its password manager calls fit for a backup since an update', { backupEligible: true }],
  ])('%s still signs in (supabase/auth#2732, keepassxreboot/keepassxc#13239)', async (_, later) => {
    const { key } = await holder(service);
    expect((await signInBy(service, key)).status).toBe(200);
    expect((await signInBy(service, key, later)).status).toBe(200);
    expect((await signInBy(service, key, later)).status).toBe(200);
  });

  it('that counts nothing signs in again and again (ritou/elixir-web_authn_lite#10)', async () => {
    const { key } = await holder(service, new Authenticator(-7, { counts: false }));
    for (let times = 0; times < 3; times++) expect((await signInBy(service, key)).status).toBe(200);
  });
});

describe('a code of an app', () => {
  it('that confirmed the app signs nobody in, and counts once only (neiliro/neiliro#55, teamhanko/hanko#2723)', async () => {
    const phone = await mobile(service.url);
    const begun = await post('/auth/factors/totp', {}, phone.accessToken);
    const seed = seedIn(begun.json['uri'] as string);
    const code = codeOf(seed, await stepNow(service));
    const confirm = `/auth/factors/totp/${begun.json['id'] as string}/confirm`;
    expect((await post(confirm, { code }, phone.accessToken)).status).toBe(200);
    const again = await factor(service, { ticket: await ticketOf(service, phone.person), totp: code });
    expect(again.json).toMatchObject({ code: 'invalid_credentials' });
    await service.advance(STEP_SECONDS);
    const next = codeOf(seed, await stepNow(service));
    const [first, second] = [await ticketOf(service, phone.person), await ticketOf(service, phone.person)];
    expect((await factor(service, { ticket: first, totp: next })).status).toBe(200);
    expect((await factor(service, { ticket: second, totp: next })).json).toMatchObject({ code: 'invalid_credentials' });
  });

  it('can be tried five times with a ticket, also by many requests at once (idenplane/idenplane#398)', async () => {
    const somebody = await enrolled(service);
    const ticket = await ticketOf(service, somebody.person);
    const totp = await somebody.wrongCode();
    const answers = await Promise.all(Array.from({ length: 20 }, () => factor(service, { ticket, totp })));
    const codes = answers.map(({ json }) => json['code']);
    expect(codes.filter((code) => code === 'invalid_credentials').length).toBeLessThanOrEqual(5);
    expect(codes.filter((code) => code === 'factor_ticket_invalid').length).toBeGreaterThanOrEqual(15);
  });
});

describe('a second factor', () => {
  it('is not replaced by a session and the password alone (LeanerCloud/CUDly#1915)', async () => {
    const phone = await mobile(service.url);
    await enrolled(service, phone.person);
    const weak = phone.accessToken;
    expect((await post('/auth/reauthenticate', { password: phone.person.password }, weak)).json).toMatchObject({
      code: 'second_factor_required',
    });
    for (const path of ['/auth/factors/totp', '/auth/factors/recovery-codes', '/auth/factors/passkeys/options'])
      expect((await post(path, {}, weak)).json).toMatchObject({ code: 'reauthentication_required' });
  });

  it('is removed by no password alone, nor by the session alone (opendefender/OpenRisk#754)', async () => {
    const somebody = await enrolled(service);
    const strong = await signedInWith(service, somebody);
    await service.advance(301);
    const path = `/auth/factors/${somebody.authenticatorId}`;
    const removed = await call(service.url, 'DELETE', path, { headers: bearer(strong.accessToken) });
    expect(removed.json).toMatchObject({ code: 'reauthentication_required' });
  });

  it('is asked for by a ticket of its purpose only: a proof for a session opens no new one (authorizerdev/authorizer#711)', async () => {
    const somebody = await enrolled(service);
    const { accessToken, session } = await signedInWith(service, somebody);
    const waiting = await post('/auth/reauthenticate', { password: somebody.person.password }, accessToken);
    await service.advance(STEP_SECONDS);
    const answer = await factor(service, { ticket: waiting.json['ticket'], totp: await somebody.code() });
    expect(decode(answer.json['accessToken'] as string)).toMatchObject({ sid: session.id });
    expect(answer.json['refreshToken']).toBeUndefined();
  });

  it('is asked for beside a recovery code, too: the code alone opens nothing (calcom/cal.diy#10600)', async () => {
    const { recoveryCodes, person } = await enrolled(service);
    const [recoveryCode] = recoveryCodes;
    expect((await factor(service, { recoveryCode })).json).toMatchObject({ code: 'factor_ticket_invalid' });
    const wrong = await post('/auth/login', { ...person, password: 'not the password', transport: 'bearer' });
    expect(wrong.json).toMatchObject({ code: 'invalid_credentials' });
    expect(wrong.json['ticket']).toBeUndefined();
    expect((await factor(service, { ticket: await ticketOf(service, person), recoveryCode })).status).toBe(200);
  });

  it('leaves a session as it is until it is proven: an access token of before it holds on (no logout by enrolment)', async () => {
    const phone = await mobile(service.url);
    const begun = await post('/auth/factors/totp', {}, phone.accessToken);
    expect(begun.status).toBe(201);
    expect((await me(service.url, phone.accessToken)).status).toBe(200);
  });
});
