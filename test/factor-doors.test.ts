// Every way to sign in asks an account with a second factor for it: no route is a weaker side path (ASVS 6.3.4).
import { createHash } from 'node:crypto';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isMarked } from '../src/http/route-mark.js';
import { Authenticator } from './support/authenticator.js';
import { bearer, call, decode, register, type Answer } from './support/client.js';
import { foreignSession } from './support/imports.js';
import { codeOf, enrolled, type Enrolled, factor, seedIn, stepNow, ticketOf } from './support/factors.js';
import { mailed } from './support/one-time-tokens.js';
import { addPasskey, optionsOf, signInWith } from './support/passkeys.js';
import { type Service, startService } from './support/service.js';
import { openUpstream, type Upstream } from './support/upstream-provider.js';
import { callbackOf, linkUser, UpstreamBrowser, withProviders } from './support/upstream-way.js';

const APP = 'com.example.app:/signed-in';
const VERIFIER = 'a code verifier of forty-three characters...'.replaceAll(' ', '-');

let service: Service;
let upstream: Upstream;
beforeAll(async () => {
  upstream = await openUpstream([callbackOf('authentik')]);
  const settings = { MAGIC_LINKS: 'on', MIGRATION_ISSUER: 'the old system', UPSTREAM_APP_CALLBACKS: APP };
  service = await withProviders([upstream.entry], (known) => startService({ ...known, ...settings }));
});
afterAll(async () => {
  await service.stop();
  await upstream.close();
});

const post = (path: string, body: object, headers = {}): Promise<Answer> =>
  call(service.url, 'POST', path, { body, headers });

/** Whose ticket is in a cookie. */
const browsers = new Map<string, UpstreamBrowser>();

async function atProvider({ userId, person }: Enrolled): Promise<UpstreamBrowser> {
  upstream.people.set(userId, { email: person.email });
  await linkUser(service, person.email, { issuer: upstream.issuer, subject: upstream.subjectOf(userId) });
  return new UpstreamBrowser(service.url);
}

/** Each proves what the route takes as well as one factor can, for an account with an authenticator app. */
const ways: Record<string, (who: Enrolled) => Promise<Answer>> = {
  '/auth/login': ({ person }) => post('/auth/login', { ...person, transport: 'bearer' }),
  '/auth/magic': async ({ userId }) => {
    await service.query('UPDATE users SET email_verified_at = protocol_now() WHERE id = $1', [userId]);
    const { token } = await mailed(service, userId, 'magic');
    return post('/auth/magic', { token, transport: 'bearer' });
  },
  '/auth/exchange': async ({ userId }) =>
    post('/auth/exchange', { token: await foreignSession(service, userId), transport: 'bearer' }),
  // A navigation, whose cookie holds the ticket: the ticket of a cookie is read from there.
  '/auth/upstream/:id/callback': async (who) => {
    const browser = await atProvider(who);
    const answer = await browser.signIn(who.userId);
    const page = new URL(String(answer.headers['location']));
    expect(page.pathname).toBe('/account/factor');
    browsers.set(who.userId, browser);
    const methods = page.searchParams.get('methods')?.split(' ');
    return { ...answer, json: { status: 401, code: 'second_factor_required', methods } };
  },
  '/auth/upstream/exchange': async (who) => {
    const challenge = createHash('sha256').update(VERIFIER).digest('base64url');
    const query = `?transport=bearer&return_to=${APP}&code_challenge=${challenge}&code_challenge_method=S256`;
    const answer = await (await atProvider(who)).signIn(who.userId, query);
    const code = new URL(String(answer.headers['location'])).searchParams.get('code');
    return post('/auth/upstream/exchange', { code, codeVerifier: VERIFIER });
  },
};

/** These take two factors, so that what they start is worth two. */
const whole: Record<string, (who: Enrolled) => Promise<Answer>> = {
  '/auth/factor': async ({ person, code }) =>
    factor(service, { ticket: await ticketOf(service, person), totp: await code() }),
  '/auth/factors/totp/:id/confirm': async () => {
    const person = await register(service.url);
    await service.query(`UPDATE users SET role = 'admin' WHERE email = $1`, [person.email]);
    const ticket = (await post('/auth/login', { ...person, transport: 'bearer' })).json['ticket'] as string;
    const { id, uri } = (await post('/auth/factors/totp', { ticket })).json;
    const code = codeOf(seedIn(uri as string), await stepNow(service));
    return post(`/auth/factors/totp/${id}/confirm`, { ticket, code });
  },
  '/auth/factors/passkeys': async () => {
    const person = await register(service.url);
    await service.query(`UPDATE users SET role = 'admin' WHERE email = $1`, [person.email]);
    const ticket = (await post('/auth/login', { ...person, transport: 'bearer' })).json['ticket'] as string;
    const { json } = await post('/auth/factors/passkeys/options', { ticket });
    return post('/auth/factors/passkeys', { ticket, credential: new Authenticator().create(json) });
  },
  '/auth/login/passkey': async ({ userId, person }) => {
    const key = await addPasskey(service, userId, person.email);
    return signInWith(service, key.get(await optionsOf(service)));
  },
};

/** Every route whose handler has the mark without which the door starts no session (sign-in.test.ts). */
function routesThatStartSessions(): string[] {
  const controllers = [...service.app.get(ModulesContainer).values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  return controllers.flatMap(({ metatype }) => {
    if (!metatype) return [];
    const prototype = metatype.prototype as Record<string, object>;
    const handlers = Object.getOwnPropertyNames(prototype).map((name) => prototype[name] ?? {});
    return handlers
      .filter((handler) => isMarked(handler, 'startsSession'))
      .map((handler) => {
        const path: unknown = Reflect.getMetadata(PATH_METADATA, handler);
        // A browser comes back from a provider by a navigation: the state cookie stands in for the cross-site guard.
        const method = path === ':id/callback' ? RequestMethod.GET : RequestMethod.POST;
        expect(Reflect.getMetadata(METHOD_METADATA, handler)).toBe(method);
        return `/${Reflect.getMetadata(PATH_METADATA, metatype)}/${String(path)}`;
      })
      .map((path) => path.replace(/\/+/g, '/').replace(/\/$/, ''));
  });
}

it('every route that can start a session is known here', () => {
  expect(routesThatStartSessions().toSorted()).toEqual([...Object.keys(ways), ...Object.keys(whole)].toSorted());
});

it.each(Object.keys(ways))('%s starts no session by one factor, and continues by the second', async (path) => {
  const who = await enrolled(service);
  const asked = await ways[path]?.(who);
  expect(asked?.json).toMatchObject({ status: 401, code: 'second_factor_required', methods: expect.any(Array) });
  const sessions = () => service.query('SELECT methods FROM refresh_tokens WHERE user_id = $1', [who.userId]);
  expect(await sessions()).toEqual([]);
  const totp = await who.code();
  const browser = browsers.get(who.userId);
  if (browser) await browser.go('POST', '/auth/factor', { body: { totp } });
  const accessToken =
    browser?.cookie('access_token')?.value ??
    (await factor(service, { ticket: asked?.json['ticket'], totp })).json['accessToken'];
  expect(decode(accessToken)['acr']).toBe('urn:watchword:2fa');
  expect(await sessions()).toHaveLength(1);
});

it.each(Object.keys(whole))('%s starts a session by two factors', async (path) => {
  const answer = await whole[path]?.(await enrolled(service));
  expect(answer?.status).toBe(path === '/auth/factors/passkeys' ? 201 : 200);
  expect(decode(answer?.json['accessToken'])['amr']).toContain('mfa');
});

it('no mailed link and no registration signs in beside them: what they answer holds no token', async () => {
  const { userId, person } = await enrolled(service);
  const reset = await mailed(service, userId, 'reset');
  const newPassword = `${person.password}, and more`;
  const answers = [
    await post('/auth/password/reset', { token: reset.token, newPassword }),
    await post('/auth/device', { token: (await mailed(service, userId, 'device')).token }),
  ];
  for (const answer of answers) {
    expect(answer.status).toBeLessThan(300);
    expect(answer.text + answer.cookies.join()).not.toMatch(/eyJ|wrt_|access_token|refresh_token/);
  }
  expect((await post('/auth/login', { email: person.email, password: newPassword })).json['code']).toBe(
    'second_factor_required',
  );
});

it('a session that goes on is renewed by nothing but both factors', async () => {
  const { person, seed } = await enrolled(service);
  const step = await stepNow(service);
  const signedIn = await factor(service, { ticket: await ticketOf(service, person), totp: codeOf(seed, step) });
  const headers = bearer(signedIn.json['accessToken']);
  const asked = await post('/auth/reauthenticate', { password: person.password }, headers);
  expect(asked.json['code']).toBe('second_factor_required');
  const answer = await factor(service, { ticket: asked.json['ticket'], totp: codeOf(seed, step + 1) });
  expect(decode(answer.json['accessToken'])['amr']).toEqual(['pwd', 'otp', 'mfa']);
});
