// Secrets that come from files, so that no environment, process list or `docker inspect` shows them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Config } from '../src/config/config.js';
import { noteGiven } from './support/met.js';

const webhookSecret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const folder = mkdtempSync(join(tmpdir(), 'watchword-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

it('the URLs and passwords of the databases come from files as well (ASVS 13.3.1)', () => {
  const given = {
    DATABASE_URL_FILE: fileWith('database', 'postgres://app:pw@localhost/watchword\n'),
    DATABASE_OWNER_URL_FILE: fileWith('owner', 'postgres://owner:pw@localhost/watchword\r\n'),
    REDIS_SENTINELS: 'localhost:26379',
    REDIS_PASSWORD_FILE: fileWith('redis', ' with spaces \n'),
    REDIS_SENTINEL_PASSWORD_FILE: fileWith('sentinel', 'of the sentinels\n'),
    ALERT_WEBHOOK_URL: 'http://localhost/alerts',
    SMTP_URL_FILE: fileWith('smtp', 'smtp://user:p%40ss@smtp.example.com\n'),
    MAIL_FROM: 'no-reply@example.com',
    OTEL_EXPORTER_OTLP_HEADERS_FILE: fileWith('headers', 'authorization=Bearer%20key\n'),
    ALERT_WEBHOOK_SECRET_FILE: fileWith('webhook', webhookSecret),
  };
  expect(Config.fromEnv(given)).toMatchObject({
    DATABASE_URL: 'postgres://app:pw@localhost/watchword',
    DATABASE_OWNER_URL: 'postgres://owner:pw@localhost/watchword',
    REDIS_PASSWORD: ' with spaces ',
    REDIS_SENTINEL_PASSWORD: 'of the sentinels',
    ALERT_WEBHOOK_SECRET: webhookSecret,
    SMTP_URL: { user: 'user', password: 'p@ss' },
    OTEL_EXPORTER_OTLP_HEADERS: { authorization: 'Bearer key' },
  });
  const url = { REDIS_URL_FILE: fileWith('url', 'redis://:pw@localhost:6379') };
  expect(Config.fromEnv(url).REDIS_URL).toBe('redis://:pw@localhost:6379');
  noteGiven({ ...given, ...url });
});

it('a secret that is set twice, or whose file is missing, empty or wrong, is refused without its value', () => {
  const cases: [Record<string, string>, RegExp][] = [
    [
      { REDIS_URL: 'redis://:hunter2@localhost', REDIS_URL_FILE: fileWith('twice', 'redis://:hunter2@localhost') },
      /REDIS_URL and REDIS_URL_FILE are both set: set one/,
    ],
    [{ DATABASE_URL_FILE: join(folder, 'missing') }, /DATABASE_URL_FILE cannot be read \(ENOENT\)/],
    [{ DATABASE_URL_FILE: fileWith('empty', '\n') }, /DATABASE_URL_FILE is empty/],
    [{ DATABASE_URL_FILE: fileWith('wrong', 'mysql://u:hunter2@h/d') }, /- DATABASE_URL /],
  ];
  for (const [env, sentence] of cases) {
    expect(() => Config.fromEnv(env)).toThrow(sentence);
    expect(() => Config.fromEnv(env)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  }
});
