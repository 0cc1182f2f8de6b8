// What administrators see of a user, and what they do to one.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Administrator, administrator } from './support/admins.js';
import { mobile } from './support/client.js';
import { enrolled, signedInWith } from './support/factors.js';
import { addPasskey } from './support/passkeys.js';
import { type Service, startService } from './support/service.js';

let service: Service;
let ada: Administrator;
beforeAll(async () => {
  service = await startService();
  ada = await administrator(service);
});
afterAll(() => service.stop());

describe('an administrator sees of a user', () => {
  it('who they are, how many sessions they have and what they prove themselves with, and no secret', async () => {
    const bob = await enrolled(service);
    await addPasskey(service, bob.userId, bob.person.email);
    await signedInWith(service, bob);
    const { json, text, headers } = await ada.ask('GET', `/admin/users/${bob.userId}`);
    expect(json).toEqual({
      ...{ id: bob.userId, email: bob.person.email, emailVerified: false, role: 'user', status: 'active' },
      ...{ createdAt: expect.any(String), disabledAt: null, hasPassword: true, sessions: 1, identities: [] },
      factors: [
        { kind: 'totp', id: bob.authenticatorId, name: null, createdAt: expect.any(String) },
        { kind: 'passkey', id: expect.any(String), name: 'Passkey', createdAt: expect.any(String) },
      ],
      recoveryCodesLeft: 10,
    });
    expect(headers['etag']).toMatch(/^"\d+"$/);
    expect(text).not.toMatch(/argon2|hash|seed|secret/i);
  });

  it('nothing where the id is unknown or none', async () => {
    for (const id of [randomUUID(), 'me', '%00', "1'--"]) {
      const { status, json } = await ada.ask('GET', `/admin/users/${id}`);
      expect([id, status, json['code']]).toEqual([id, 404, 'not_found']);
    }
  });

  it('another entity tag after each change of what is shown, and the same after a sign-in', async () => {
    const phone = await mobile(service.url);
    const tag = async () => (await ada.ask('GET', `/admin/users/${phone.user.id}`)).headers['etag'];
    const first = await tag();
    await mobile(service.url, phone.person);
    expect(await tag()).toBe(first);
    await service.query('UPDATE users SET email_verified_at = protocol_now() WHERE id = $1', [phone.user.id]);
    expect(await tag()).not.toBe(first);
  });
});
