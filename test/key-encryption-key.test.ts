// The sources and the exchange of the key-encryption key, and the start with a wrong one (K7).
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Config } from '../src/config/config.js';
import type { KeyEncryption } from '../src/keys/key-encryption.js';
import { loadKeyEncryption } from '../src/keys/key-encryption-key.js';
import { Rewrap } from '../src/keys/rewrap.js';
import { mobile, refresh } from './support/client.js';
import { watched } from './support/met.js';
import { awsCredentials, startSecretsManager, startVault, vaultToken } from './support/secret-stores.js';
import { cloneDatabase, type Service, startService } from './support/service.js';
import { testSettings } from './support/settings.js';

const makeKey = () => randomBytes(32).toString('base64');
const [present, former] = [makeKey(), makeKey()];

const load = (settings: Record<string, string>) =>
  loadKeyEncryption(watched(Config.fromEnv({ NODE_ENV: 'test', ...settings }), Object.keys(settings)));

/** @returns which of the two keys seals, and which ones open */
async function expectKeys(settings: Record<string, string>, expected: { opensFormer: boolean }): Promise<void> {
  const [loaded, onlyPresent, onlyFormer] = await Promise.all([
    load(settings),
    load({ KEY_ENCRYPTION_KEY: present }),
    load({ KEY_ENCRYPTION_KEY: former }),
  ]);
  const secret = Buffer.from('secret');
  expect(onlyPresent.open(loaded.seal(secret, 'n'), 'n')).toEqual(secret);
  expect(loaded.isSealedAnew(onlyFormer.seal(secret, 'n'), 'n')).toBe(false);
  const sealedBefore = onlyFormer.seal(secret, 'n');
  expect(opens(loaded, sealedBefore)).toBe(expected.opensFormer);
}

function opens(encryption: KeyEncryption, sealed: Buffer): boolean {
  try {
    return encryption.open(sealed, 'n').toString() === 'secret';
  } catch {
    return false;
  }
}

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-kek-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'key'), `${text}\n`);
  return join(folder, 'key');
}

describe('the key-encryption key', () => {
  it('comes from the environment or a file, the previous one beside it', async () => {
    await expectKeys({ KEY_ENCRYPTION_KEY: present }, { opensFormer: false });
    await expectKeys({ KEY_ENCRYPTION_KEY: present, KEY_ENCRYPTION_KEY_PREVIOUS: former }, { opensFormer: true });
    const files = { KEY_ENCRYPTION_KEY_FILE: fileWith(present), KEY_ENCRYPTION_KEY_PREVIOUS_FILE: fileWith(former) };
    await expectKeys(files, { opensFormer: true });
    await expect(load({ KEY_ENCRYPTION_KEY_FILE: fileWith('short') })).rejects.toThrow(/must hold 32 bytes in base64/);
  });

  it('is random in production, wherever it comes from: one repeated byte is refused', async () => {
    const file = fileWith(Buffer.alloc(32).toString('base64'));
    const production = {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://auth.example.com',
      DATABASE_URL: 'postgres://u:p@localhost/d',
    };
    await expect(load({ ...production, KEY_ENCRYPTION_KEY_FILE: file })).rejects.toThrow(/must be random/);
    await expect(load({ ...production, KEY_ENCRYPTION_KEY_FILE: fileWith(present) })).resolves.toBeDefined();
  });

  it('comes from AWS Secrets Manager, which signs for it: AWSCURRENT seals, AWSPREVIOUS opens', async () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:watchword-AbCdEf';
    const store = await startSecretsManager({
      [arn]: { AWSCURRENT: present, AWSPREVIOUS: former },
      fresh: { AWSCURRENT: present },
      short: { AWSCURRENT: 'short' },
    });
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', store.url);
    vi.stubEnv('AWS_ACCESS_KEY_ID', awsCredentials.id);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', awsCredentials.secret);
    await expectKeys({ KEY_ENCRYPTION_KEY_AWS_SECRET: arn }, { opensFormer: true });
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    await expectKeys({ KEY_ENCRYPTION_KEY_AWS_SECRET: 'fresh' }, { opensFormer: false });
    const set = (name: string) => ({ KEY_ENCRYPTION_KEY_AWS_SECRET: name });
    await expect(load(set('short'))).rejects.toThrow(/The AWS secret short must hold 32 bytes/);
    await expect(load(set('none'))).rejects.toThrow(/AWS secret none: ResourceNotFoundException/);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wrong');
    await expect(load(set('fresh'))).rejects.toThrow(/AWS secret fresh: InvalidSignatureException/);
    expect(new Set(store.seen)).toEqual(new Set(['secretsmanager.GetSecretValue']));
  });

  it("comes from Vault's KV v2: the newest version seals, the one before opens unless it was destroyed", async () => {
    const vault = await startVault([former, present]);
    const set = (url: string, more = {}) => ({ KEY_ENCRYPTION_KEY_VAULT_URL: url, VAULT_TOKEN: vaultToken, ...more });
    await expectKeys(set(vault.url, { VAULT_NAMESPACE: 'team' }), { opensFormer: true });
    expect(vault.seen.map(({ namespace }) => namespace)).toEqual(['team', 'team']);
    const byFile = { KEY_ENCRYPTION_KEY_VAULT_URL: vault.url, VAULT_TOKEN_FILE: fileWith(vaultToken) };
    await expectKeys(byFile, { opensFormer: true });
    await expectKeys(set((await startVault([undefined, present])).url), { opensFormer: false });
    await expectKeys(set((await startVault([present])).url), { opensFormer: false });
    await expect(load(set((await startVault([present, undefined])).url))).rejects.toThrow(/newest version was deleted/);
    await expect(load(set((await startVault(['short'])).url))).rejects.toThrow(/must hold 32 bytes/);
    await expect(load(set(vault.url, { VAULT_TOKEN: 'other' }))).rejects.toThrow(/Vault answers 403/);
    const elsewhere = await startVault([present], { redirectTo: vault.url });
    await expect(load(set(elsewhere.url))).rejects.toThrow(/Vault does not answer/);
    await expect(load(set('http://127.0.0.1:9/v1/secret/data/watchword'))).rejects.toThrow(/Vault does not answer/);
  });
});

describe('K7: a wrong key-encryption key', () => {
  const everything = (service: Service) =>
    service.query(
      'SELECT kid, private_sealed FROM signing_keys UNION ALL SELECT name, sealed FROM server_secrets ORDER BY 1',
    );

  it('stops the start with a message that names every key and the secret, and changes nothing', async () => {
    const databaseUrl = await cloneDatabase();
    const service = await startService({}, { databaseUrl });
    onTestFinished(() => service.stop());
    const before = await everything(service);
    const error = await startService({ KEY_ENCRYPTION_KEY: present }, { databaseUrl }).catch(
      (reason: Error) => reason.message,
    );
    for (const { kid } of before) expect(error).toContain(kid as string);
    expect(before).toHaveLength(4);
    expect(error).not.toContain(present);
    expect(await everything(service)).toEqual(before);
  });

  it('is exchanged without downtime: both keys work, everything is sealed again, and the old key opens nothing', async () => {
    const databaseUrl = await cloneDatabase();
    const service = await startService({}, { databaseUrl });
    onTestFinished(() => service.stop());
    const phone = await mobile(service.url);
    const both = { KEY_ENCRYPTION_KEY: present, KEY_ENCRYPTION_KEY_PREVIOUS: testSettings.KEY_ENCRYPTION_KEY };
    const next = await startService(both, { databaseUrl });
    onTestFinished(() => next.stop());
    const caller = { ip: null, userAgent: 'test', requestId: '00000000-0000-4000-8000-000000000002' };
    const before = await everything(next);
    const rewrap = next.app.get(Rewrap);
    expect(await rewrap.run(caller, { isDryRun: true })).toMatchObject({
      secrets: ['refresh-ratchet', 'derivation'],
      untouched: 0,
    });
    expect(await everything(next)).toEqual(before);
    // The old instance cannot seal, so it cannot write anything under the old key.
    const done = await rewrap.run(caller, { isDryRun: false });
    expect(done.keys).toHaveLength(2);
    expect(await rewrap.run(caller, { isDryRun: false })).toMatchObject({ keys: [], secrets: [], untouched: 4 });
    const events = await next.query('SELECT type FROM audit_events WHERE request_id = $1 ORDER BY type', [
      caller.requestId,
    ]);
    expect(events.map(({ type }) => type)).toEqual([
      'key.rewrapped',
      'key.rewrapped',
      'secret.rewrapped',
      'secret.rewrapped',
    ]);
    await expect(startService({}, { databaseUrl })).rejects.toThrow(/does not open/);
    await expect(service.app.get(Rewrap).run(caller, { isDryRun: false })).rejects.toThrow(/does not open/);

    const last = await startService({ KEY_ENCRYPTION_KEY: present }, { databaseUrl });
    onTestFinished(() => last.stop());
    // The ratchet secret is unchanged: an older refresh token works, and so does its replay at another instance.
    const spent = await refresh(last.url, phone.refreshToken);
    const replay = await refresh(service.url, phone.refreshToken);
    expect([spent.status, replay.status]).toEqual([200, 200]);
    expect(replay.json['refreshToken']).toBe(spent.json['refreshToken']);
  }, 60_000);
});
