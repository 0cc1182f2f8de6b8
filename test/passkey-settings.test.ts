// Which domain passkeys belong to, which origins may use them, and how met challenges go.
import { describe, expect, it, onTestFinished } from 'vitest';
import { expiredChallenges, SpentChallengesPurge } from '../src/factors/passkeys/spent-challenges-purge.js';
import { Metrics } from '../src/telemetry/metrics.js';
import { Authenticator } from './support/authenticator.js';
import { call } from './support/client.js';
import { holder, optionsOf, signInBy } from './support/passkeys.js';
import { plansOf } from './support/purging.js';
import { cloneDatabase, startService, startServiceForTest } from './support/service.js';

describe('the domain', () => {
  it('under another domain than that of its passkeys the service does not start, and says what to set', async () => {
    const databaseUrl = await cloneDatabase();
    const before = await startService({ WEBAUTHN_RP_ID: 'auth.test' }, { databaseUrl });
    const { key } = await holder(before);
    await before.stop();
    const moved = { PUBLIC_URL: 'http://login.test' };
    await expect(startService(moved, { databaseUrl })).rejects.toThrow(
      '1 passkey belongs to auth.test, and no browser offers them under login.test: set WEBAUTHN_RP_ID=auth.test',
    );
    const related = { ...moved, WEBAUTHN_RP_ID: 'auth.test', WEBAUTHN_RELATED_ORIGINS: 'https://login.test' };
    const settings = { ...related, PUBLIC_URL: 'https://login.test' };
    const after = await startService(settings, { databaseUrl });
    onTestFinished(() => after.stop());
    expect((await signInBy(after, key, { origin: 'https://login.test' })).status).toBe(200);
    expect((await signInBy(after, key)).json).toMatchObject({ code: 'invalid_credentials' });
  });

  it('a parent domain serves all its hosts that may call the service', async () => {
    const service = await startServiceForTest({
      PUBLIC_URL: 'https://auth.example.test',
      WEBAUTHN_RP_ID: 'example.test',
      ALLOWED_ORIGINS: 'https://app.example.test',
    });
    const { key } = await holder(service, new Authenticator(-7, {}, 'https://auth.example.test'));
    expect(await optionsOf(service)).toMatchObject({ rpId: 'example.test' });
    expect((await signInBy(service, key, { origin: 'https://app.example.test' })).status).toBe(200);
    const answer = await signInBy(service, key, { origin: 'https://blog.example.test' });
    expect(answer.json).toMatchObject({ status: 401, code: 'invalid_credentials' });
  });

  it('other origins stand at /.well-known/webauthn, and apps do not', async () => {
    const app = `android:apk-key-hash:${'A'.repeat(43)}`;
    const service = await startServiceForTest({ WEBAUTHN_RELATED_ORIGINS: `https://example.de,${app}` });
    const { key } = await holder(service);
    expect((await signInBy(service, key, { origin: app })).status).toBe(200);
    const answer = await call(service.url, 'GET', '/.well-known/webauthn');
    expect(answer.json).toEqual({ origins: ['https://example.de'] });
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    const none = await startServiceForTest();
    expect((await call(none.url, 'GET', '/.well-known/webauthn')).status).toBe(404);
  });
});

describe('a met challenge', () => {
  it('leaves a row for five minutes', async () => {
    const own = await startServiceForTest();
    const { key } = await holder(own);
    expect((await signInBy(own, key)).status).toBe(200);
    const purge = own.app.get(SpentChallengesPurge);
    const left = () => own.query('SELECT 1 FROM spent_challenges');
    await own.advance(299);
    await purge.round();
    expect(await left()).toHaveLength(1);
    await own.advance(2);
    await purge.round();
    expect(await left()).toEqual([]);
    expect(await own.app.get(Metrics).registry.metrics()).toContain('{kind="spent_challenge"} 1');
  });

  it('is found by the index when it goes, among many', async () => {
    const own = await startServiceForTest();
    await own.query(`
      WITH people AS (INSERT INTO users (id, email) SELECT gen_random_uuid(), n || '@example.com'
        FROM generate_series(1, 20000) n RETURNING id)
      INSERT INTO spent_challenges (user_id, hash, expires_at)
      SELECT id, '\\x00', now() + random() * interval '5 minutes' FROM people`);
    await own.query('ANALYZE spent_challenges');
    const { find, remove } = await plansOf(own, expiredChallenges);
    expect(find).toMatch(/Index .*(using|on) spent_challenges_expires_at/);
    expect(remove).toContain('Index');
    expect(find + remove).not.toContain('Seq Scan on spent_challenges');
  });
});
