// What public bug reports of other systems say of imported passwords and of searches by administrators, tried here.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readForeignHash } from '../src/credentials/password/forms/foreign-hash.js';
import { readStored } from '../src/credentials/password/forms/stored-hash.js';
import { type Administrator, administrator } from './support/admins.js';
import { type Service, startService } from './support/service.js';

let service: Service;
let ada: Administrator;
beforeAll(async () => {
  service = await startService();
  ada = await administrator(service);
});
afterAll(() => service.stop());

it.each([
  ['OpenIdentityPlatform/OpenDJ#191', 'Password.1', '$2y$10$ku2Gy22F240O5jDrF8bdQusB0/3KHIXIsoHcJo0DMAsnRoNQXXB0C'],
  ['FusionAuth/fusionauth-issues#2495', 'test', '$2y$10$wisIVhmjWjm/lkujDJVAXuuYDXiGU/c9HK3mMzqFbfk45PXA527ui'],
  ['firebase/firebase-tools#248', 'none', '$2a$10$Kuvv6ATRsbtHnJJHB359WeKrC6ImbEzY0wtCmB21KS39Cw5sMecMK'],
])('a bcrypt hash of another version counts: %s', async (_report, password, hash) => {
  const read = readForeignHash(hash);
  const stored = 'stored' in read ? readStored(read.stored) : 'refused';
  if (typeof stored === 'string') throw new Error(stored);
  expect([await stored.verify(password), await stored.verify(`${password} `)]).toEqual([true, false]);
});

it('`_` and `%` stand for themselves in a search (wso2/product-is#26137, mcdonc/klangk#3280)', async () => {
  const emails = ['test_user@example.com', 'test.user@example.com', 'testxuser@example.com'];
  await service.query(
    'INSERT INTO users (id, email) SELECT gen_random_uuid(), email FROM unnest($1::text[]) AS email',
    [emails],
  );
  const found = async (beginning: string) => {
    const { json } = await ada.ask('GET', `/admin/users?email=${encodeURIComponent(beginning)}`);
    return (json['users'] as { email: string }[]).map(({ email }) => email);
  };
  expect(await found('test_user')).toEqual(['test_user@example.com']);
  expect([await found('_'), await found('%')]).toEqual([[], []]);
});
