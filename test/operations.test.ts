// The runbooks, executed as they are written.
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { me, mobile, refresh } from './support/client.js';
import { cloneDatabase, startService } from './support/service.js';

/** The statements of docs/operations/incidents.md, in order: end all, lost key. */
const [endAll = '', lostKey = ''] = [
  ...readFileSync('docs/operations/incidents.md', 'utf8').matchAll(/```sql\n([^`]+)```/g),
].map(([, statements]) => statements);

it('after a restore from a backup the statements of the runbook end every session that it brought back', async () => {
  const service = await startService();
  onTestFinished(() => service.stop());
  const phone = await mobile(service.url);
  const next = (await refresh(service.url, phone.refreshToken)).json;
  await service.query(endAll);
  for (const token of [phone.accessToken, next['accessToken']]) {
    expect((await me(service.url, token)).json['code']).toBe('token_stale');
  }
  for (const token of [phone.refreshToken, next['refreshToken']]) {
    expect((await refresh(service.url, token)).json).toMatchObject({ code: 'refresh_token_invalid', session: 'ended' });
  }
  expect(service.log.filter((line) => line['alert'])).toEqual([]);
  expect((await mobile(service.url, phone.person)).user.id).toBe(phone.user.id);
});

it('after the loss of the key-encryption key the runbook brings the service back under a new one', async () => {
  const databaseUrl = await cloneDatabase();
  const before = await startService({}, { databaseUrl });
  const phone = await mobile(before.url);
  const newKey = { KEY_ENCRYPTION_KEY: Buffer.alloc(32, 3).toString('base64') };
  await before.query(lostKey + endAll);
  await before.stop();

  const after = await startService(newKey, { databaseUrl });
  onTestFinished(() => after.stop());
  expect((await me(after.url, phone.accessToken)).status).toBe(401);
  expect((await refresh(after.url, phone.refreshToken)).json['session']).toBe('ended');
  const again = await mobile(after.url, phone.person);
  expect((await me(after.url, again.accessToken)).status).toBe(200);
});
