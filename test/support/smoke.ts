// Uses everything that the service does with its database once.
import { expect } from 'vitest';
import { Retention } from '../../src/audit/retention.js';
import { bearer, call, me, mobile, refresh, register } from './client.js';
import type { Service } from './service.js';

export async function smoke({ url, app }: Pick<Service, 'url' | 'app'>, userAgent = 'a phone'): Promise<void> {
  const agent = { 'user-agent': Buffer.from(userAgent).toString('latin1') };
  const person = await register(url);
  // As bytes: of a body that is text, Node makes one text with the headers, and writes both in UTF-8.
  const post = (path: string, body: object) =>
    call(url, 'POST', path, { rawBody: Buffer.from(JSON.stringify(body)), headers: agent });
  const spend = (refreshToken: string) => post('/auth/refresh', { refreshToken });
  const login = await post('/auth/login', { ...person, transport: 'bearer' });
  expect(login.status).toBe(200);
  const phone = login.json as Awaited<ReturnType<typeof mobile>>;
  const next = await spend(phone.refreshToken);
  expect(next.status).toBe(200);
  expect((await spend(phone.refreshToken)).json['refreshToken']).toBe(next.json['refreshToken']);
  const third = await spend(next.json['refreshToken']);
  expect((await spend(phone.refreshToken)).json['code']).toBe('refresh_token_reused');
  expect((await refresh(url, third.json['refreshToken'])).status).toBe(401);

  const second = await mobile(url, person);
  const listed = await call(url, 'GET', '/auth/sessions', { headers: bearer(second.accessToken) });
  expect(listed.status).toBe(200);
  const expiry = (listed.json as { sessions?: { expiresAt: string }[] }).sessions?.[0]?.expiresAt ?? '';
  expect(Math.abs(Date.parse(expiry) - Date.parse(second.session.expiresAt))).toBeLessThan(1_000);
  const changed = { currentPassword: person.password, newPassword: `${person.password} and more` };
  const change = await call(url, 'POST', '/auth/password', { body: changed, headers: bearer(second.accessToken) });
  expect(change.status).toBe(200);
  const last = await mobile(url, { ...person, password: changed.newPassword });
  expect((await call(url, 'POST', '/auth/logout', { headers: bearer(last.accessToken) })).status).toBe(204);
  expect((await me(url, last.accessToken)).json['code']).toBe('token_revoked');
  expect((await call(url, 'GET', '/.well-known/jwks.json')).json['keys']).not.toHaveLength(0);
  expect(await app.get(Retention).run()).toEqual({ created: 0, dropped: 0 });
}
