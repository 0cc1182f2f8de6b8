// The container files, as far as they can be checked without a container engine.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { Config } from '../src/config/config.js';

const lint = (...args: string[]) =>
  spawnSync(process.execPath, ['scripts/lint-containers.mjs', ...args], { encoding: 'utf8' });

/** Copies the files that the check reads, so that a test can break them. */
function copy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-containers-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = ['docker-compose.yml', 'Dockerfile', '.dockerignore', '.env.example', 'package.json', 'LICENSE'];
  for (const file of [...files, 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(file, join(folder, file));
  for (const part of [
    'src',
    'packages/contract',
    'packages/client',
    'web',
    'packages/verifier/package.json',
    'drizzle',
    'deploy',
    'scripts',
    'keys',
  ])
    cpSync(part, join(folder, part), { recursive: true });
  return folder;
}

it('the container files pass every setting on, and the check notices a new one that they forget', () => {
  expect(lint()).toMatchObject({ status: 0, stderr: '' });
  const folder = copy();
  expect(lint(folder)).toMatchObject({ status: 0, stderr: '' });
  writeFileSync(join(folder, '.env.example'), `${readFileSync('.env.example', 'utf8')}#NEW_SETTING=\n`);
  expect(lint(folder).stderr).toContain('service watchword: must pass NEW_SETTING on');
  const compose = readFileSync('docker-compose.yml', 'utf8');
  writeFileSync(join(folder, 'docker-compose.yml'), compose.replace('${LOG_LEVEL:-}', '${LOGLEVEL:-}'));
  expect(lint(folder).stderr).toContain('service watchword: LOG_LEVEL takes the value of LOGLEVEL');
});

/** The environment that compose gives a service, with the content of `.env`. */
function environmentOf(service: string, dotEnv: Record<string, string>): Record<string, string> {
  const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true });
  const image = { NODE_ENV: 'production', HOST: '0.0.0.0' };
  const given = Object.entries<string>(services[service].environment).map(([name, value]) => {
    const text = value.replaceAll(
      /\$\{(\w+)(:?-|:\?)([^}]*)\}/g,
      (_, variable: string, kind: string, other: string) => {
        const set = dotEnv[variable];
        if (kind === ':?' && !set) throw new Error(`${variable}: ${other}`);
        return set === undefined || (set === '' && kind === ':-') ? other : set;
      },
    );
    return [name, text] as const;
  });
  return { ...image, ...Object.fromEntries(given) };
}

it('the compose file starts production with the five lines that its head names', () => {
  const passwords = ['POSTGRES', 'WATCHWORD_OWNER', 'WATCHWORD', 'REDIS'].map((name) => [`${name}_PASSWORD`, 'a1b2']);
  const dotEnv = { ...Object.fromEntries(passwords), PUBLIC_URL: 'https://auth.example.com' };
  const service = Config.fromEnv(environmentOf('watchword', dotEnv));
  expect(service).toMatchObject({ isProduction: true, registration: 'closed', RATE_LIMITS: 'on', TRUST_PROXY: 1 });
  expect(service.DATABASE_OWNER_URL).toBeUndefined();
  expect(Config.fromEnv(environmentOf('migrate', dotEnv), {}, 'cli').DATABASE_OWNER_URL).toContain('watchword_owner');
  const changed = Config.fromEnv(
    environmentOf('watchword', { ...dotEnv, REFRESH_GRACE_SECONDS: '3', TRUST_PROXY: '2' }),
  );
  expect(changed).toMatchObject({ REFRESH_GRACE_SECONDS: 3, TRUST_PROXY: 2 });
});
