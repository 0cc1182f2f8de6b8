// What administrators are told when an act is done and not yet known everywhere, or cannot be done here.
import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { administrator, asking } from './support/admins.js';
import { mobile } from './support/client.js';
import { startRedis } from './support/redis.js';
import { cloneDatabase, startService, startServiceForTest } from './support/service.js';

it('while Redis is away each act is done, and says that it is unconfirmed; the own session goes on', async () => {
  const redis = await startRedis();
  const service = await startServiceForTest({ REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '100' });
  const ada = await administrator(service);
  const people = [await mobile(service.url), await mobile(service.url), await mobile(service.url)];
  const [one, two, three] = people.map(({ user, session }) => ({ path: `/admin/users/${user.id}`, user, session }));
  if (!one || !two || !three) throw new Error('nobody was registered');
  await redis.stop();
  const answers = [
    await ada.ask('DELETE', `${one.path}/sessions/${one.session.id}`),
    await ada.ask('DELETE', `${one.path}/sessions`),
    await ada.ask('DELETE', `${one.path}/factors`),
    await ada.ask('PATCH', one.path, { body: { disabled: true } }),
    await ada.ask('DELETE', two.path),
    await ada.ask('POST', '/admin/sessions/end', { body: { sub_id: { format: 'opaque', id: three.user.id } } }),
  ];
  for (const { json } of answers)
    expect(json).toMatchObject({ status: 503, code: 'revocation_unconfirmed', session: 'keep' });
  expect((await ada.ask('GET', one.path)).json).toMatchObject({ status: 'disabled', sessions: 0 });
  const own = await ada.ask('DELETE', `/admin/users/${ada.userId}/sessions`);
  expect(own.json).toMatchObject({ code: 'revocation_unconfirmed', session: 'ended' });
});

it('without a mail server nobody is invited, and no reset is promised', async () => {
  const databaseUrl = await cloneDatabase();
  const PUBLIC_URL = 'https://auth.example.com';
  const before = await startService({ PUBLIC_URL }, { databaseUrl });
  onTestFinished(() => before.stop());
  const { tokens } = await administrator(before);
  const service = await startServiceForTest(
    {
      ...{ NODE_ENV: 'production', PUBLIC_URL, REGISTRATION: 'closed' },
      ...{ ARGON2_MEMORY_KIB: '19456', ARGON2_PASSES: '2', DATABASE_OWNER_URL: '', REGISTRATIONS_PER_ADDRESS: '10' },
      KEY_ENCRYPTION_KEY: Buffer.from('test key encryption key, 32 byte').toString('base64'),
    },
    { databaseUrl },
  );
  const ask = asking(service, tokens);
  const answers = [
    await ask('POST', '/admin/users', { body: { email: `${randomUUID()}@example.com` } }),
    await ask('POST', `/admin/users/${tokens.user.id}/password-reset`),
  ];
  for (const { json } of answers)
    expect(json).toMatchObject({ status: 404, detail: 'This service sends no mail: SMTP_URL is not set.' });
});
