// The service as users start it: one command, an embedded database, and the state after a kill.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { call, me, mobile, refresh, type Tokens } from './support/client.js';
import { noteSecret } from './support/leaks.js';
import { checkout, command, start, untilReady } from './support/process.js';
import { cloneDatabase } from './support/service.js';
import { databaseSettings, testSettings } from './support/settings.js';
import { until } from './support/until.js';

describe('npm start', () => {
  it('on a fresh checkout builds, makes keys and a database, and survives kill -9 under load: nobody is logged out', async () => {
    const folder = checkout('sources');
    const first = await untilReady(await start(folder));
    expect(first.output()).toMatch(/is built from its sources[^]*Built in .* s\.\n[^]*a database of its own in \.data/);
    const address = `ready at http://localhost:${new URL(first.url).port}. Browsers keep its cookies there`;
    await until('the address is told', () => first.output().includes(address));
    const phones = await Promise.all(Array.from({ length: 6 }, () => mobile(first.url)));
    const held = new Map<string, string>(phones.map((phone) => [phone.session.id, phone.refreshToken]));

    const load = phones.map((phone) => refreshUntilItFails(first.url, phone, held));
    await untilRefreshed(phones, held);
    first.process.kill('SIGKILL');
    const rotations = await Promise.all(load);
    expect(Math.min(...rotations)).toBeGreaterThan(0);

    const second = await untilReady(await start(folder, { settings: { PORT: new URL(first.url).port } }));
    for (const phone of phones) {
      const answer = await refresh(second.url, held.get(phone.session.id) ?? '');
      expect([answer.status, answer.json['code']]).toEqual([200, undefined]);
      expect((await me(second.url, answer.json['accessToken'])).status).toBe(200);
      expect((await me(second.url, phone.accessToken)).status).toBe(200);
    }
    expect(existsSync(join(folder, 'keys', 'key-encryption-key'))).toBe(true);
    expect(second.output()).toMatch(/"event":"service.started".*embedded PostgreSQL.*docs\/README/);
    noteSecret(readFileSync(join(folder, '.data/postgres/password'), 'utf8').trim(), "the database's password");
    noteSecret(readFileSync(join(folder, '.data/postgres/service-password'), 'utf8').trim(), "the service's password");
    noteSecret(readFileSync(join(folder, 'keys/key-encryption-key'), 'utf8').trim(), 'the key-encryption key');
    second.process.kill('SIGTERM');
    expect(await second.exited).toBe(0);
  }, 300_000);

  it('on SIGTERM is not ready, finishes requests in flight, exits with 0 despite a stalled client, and logs nobody out', async () => {
    const folder = checkout();
    let run = await untilReady(await start(folder, { settings: { DRAIN_SECONDS: '3' } }));
    const { port } = new URL(run.url);
    const phones = await Promise.all(Array.from({ length: 4 }, () => mobile(run.url)));
    const held = new Map<string, string>(phones.map((phone) => [phone.session.id, phone.refreshToken]));
    for (let round = 0; round < 2; round++) {
      const before = new Map(held);
      const load = phones.map((phone) => refreshUntilItFails(run.url, phone, held));
      await untilRefreshed(phones, held, before);
      const stalled = connect(Number(port), '127.0.0.1');
      stalled.on('error', () => undefined);
      stalled.write(
        'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
      );
      let answer = '';
      stalled.on('data', (chunk: Buffer) => (answer += chunk.toString()));
      run.process.kill('SIGTERM');
      const isReady = async () => (await call(run.url, 'GET', '/health/ready')).status === 200;
      await until('it is red', async () => !(await isReady()));
      run.process.kill('SIGTERM');
      expect((await call(run.url, 'GET', '/health/live')).status).toBe(200);
      expect(await run.exited).toBe(0);
      expect(answer).toBe(''); // it has not waited for the client's time-out (408)
      stalled.destroy();
      expect(run.output()).toContain('service.stopped');
      await Promise.all(load);
      run = await untilReady(await start(folder, { settings: { PORT: port, DRAIN_SECONDS: '3' } }));
      for (const phone of phones) {
        const answer = await refresh(run.url, held.get(phone.session.id) ?? '');
        expect([answer.status, answer.json['code']]).toEqual([200, undefined]);
        held.set(phone.session.id, answer.json['refreshToken']);
      }
    }
  }, 300_000);

  it('reports every problem of its settings without a value, and exits with 1', async () => {
    const settings = {
      NODE_ENV: 'production',
      PORT: 'x',
      KEY_ENCRYPTION_KEY: 'hunter2',
      PUBLIC_URL: 'http://a.example',
    };
    const run = await start(process.cwd(), { settings });
    expect(await run.exited).toBe(1);
    for (const name of ['PORT', 'KEY_ENCRYPTION_KEY', 'PUBLIC_URL', 'DATABASE_URL'])
      expect(run.output()).toContain(`- ${name} `);
    expect(run.output()).not.toContain('hunter2');
  }, 60_000);

  it('reads .env, lets the environment win, and names the nearest setting for one that does not exist', async () => {
    const folder = checkout();
    writeFileSync(join(folder, '.env'), 'DRAIN_SECONDS=99\nPASSWORD_MIN_LENGTH=x\nRATE_LIMIT=hunter2\n');
    const { code, output } = await command(folder, [], { PASSWORD_MIN_LENGTH: '15', LOGLEVEL: 'hunter2' });
    expect(code).toBe(1);
    expect(output).toContain('- DRAIN_SECONDS must be at most 5');
    expect(output).not.toContain('- PASSWORD_MIN_LENGTH');
    expect(output).toContain('Warning: RATE_LIMIT in .env is not a setting; the nearest is RATE_LIMITS.');
    expect(output).toContain('Warning: LOGLEVEL is not a setting; did you mean LOG_LEVEL?');
    expect(output).not.toContain('hunter2');
  }, 60_000);

  it('names the setting that keeps it from listening, and does not blame the database', async () => {
    const taken = createServer();
    await new Promise<void>((ready) => taken.listen(0, '127.0.0.1', ready));
    onTestFinished(() => void taken.close());
    const address = taken.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const sound = { ...testSettings, ...databaseSettings(await cloneDatabase()) };
    const cases: [Record<string, string>, RegExp][] = [
      [{ PORT: port }, /cannot start\. PORT is in use/],
      [{ HOST: '192.0.2.1' }, /cannot start\. HOST is no address of this machine/],
      [{ HOST: 'no-such-host.invalid' }, /cannot start\. HOST is a name that cannot be resolved/],
      [{ METRICS_PORT: port }, /cannot start\. METRICS_PORT is in use/],
    ];
    for (const [change, sentence] of cases) {
      const { code, output } = await command(process.cwd(), [], { ...sound, ...change });
      expect([change, code, output]).toEqual([change, 1, expect.stringMatching(sentence)]);
      expect(output).not.toContain('DATABASE_URL');
    }
  }, 120_000);

  it('names the setting in one sentence, without a stack, if a key or a database cannot be stored', async () => {
    const folder = checkout();
    writeFileSync(join(folder, 'keys'), 'a file where the folder should be');
    const { DATABASE_URL, DATABASE_OWNER_URL } = databaseSettings(await cloneDatabase());
    const cases: [Record<string, string>, RegExp][] = [
      [
        { DATABASE_URL, DATABASE_OWNER_URL },
        /^Watchword cannot start\. No key can be kept in keys\/.*\(E\w+\): .*, or set KEY_ENCRYPTION_KEY\.$/m,
      ],
      [
        { DATA_DIR: join(folder, 'keys/x') },
        /^Watchword cannot start\. The database's folder .*\(ENOTDIR\): set DATA_DIR /m,
      ],
    ];
    for (const [settings, sentence] of cases) {
      const { code, output } = await command(folder, [], settings);
      expect([sentence, code, output]).toEqual([sentence, 1, expect.stringMatching(sentence)]);
      expect(output).not.toMatch(/^\s+at /m);
    }
  }, 120_000);

  it('in production refuses each insecure setting with a plain sentence', async () => {
    const ownerUrl = await cloneDatabase();
    const sound: Record<string, string> = {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://auth.example.com',
      DATABASE_URL: databaseSettings(ownerUrl).DATABASE_URL,
      KEY_ENCRYPTION_KEY: 'dGVzdCBrZXkgZW5jcnlwdGlvbiBrZXksIDMyIGJ5dGU=',
      RATE_LIMITS: 'on',
    };
    const cases: [Record<string, string>, RegExp][] = [
      [{ KEY_ENCRYPTION_KEY: '' }, /KEY_ENCRYPTION_KEY .* must be set in production: generated keys are refused/],
      [{ JWT_ISSUER: 'http://auth.example.com' }, /JWT_ISSUER must be https in production/],
      [{ PUBLIC_URL: 'http://auth.example.com' }, /PUBLIC_URL must be set to an https origin in production/],
      [{ ALLOWED_ORIGINS: '*' }, /ALLOWED_ORIGINS must be an origin .* without a path or a wildcard/],
      [
        { ALLOWED_ORIGINS: 'https://*.example.com' },
        /ALLOWED_ORIGINS must be an origin .* without a path or a wildcard/,
      ],
      [{ RATE_LIMITS: 'off' }, /RATE_LIMITS=off is refused in production/],
      [{ DATABASE_URL: '' }, /DATABASE_URL must be set in production/],
    ];
    for (const [change, sentence] of cases) {
      const { code, output } = await command(process.cwd(), [], { ...sound, ...change });
      expect([change, code, output]).toEqual([change, 1, expect.stringMatching(sentence)]);
      expect(output).not.toMatch(/^\s+at /m);
    }

    const owner = new pg.Client({ connectionString: ownerUrl });
    await owner.connect();
    const { rows } = await owner.query<{ hash: string }>(
      `DELETE FROM watchword_migrations.applied WHERE ctid = (SELECT max(ctid) FROM watchword_migrations.applied) RETURNING hash`,
    );
    const pending = await command(process.cwd(), [], sound);
    expect(pending.output).toMatch(/^Watchword cannot start\. The database lacks 1 migration\(s\) .*cli -- migrate/m);
    await owner.query('INSERT INTO watchword_migrations.applied VALUES ($1)', [rows[0]?.hash]);
    await owner.end();

    const run = await untilReady(await start(process.cwd(), { settings: sound }));
    expect(run.events('database.role_too_powerful')).toEqual([]);
    run.process.kill('SIGTERM');
    expect(await run.exited).toBe(0);
    const asOwner = await untilReady(await start(process.cwd(), { settings: { ...sound, DATABASE_URL: ownerUrl } }));
    expect(asOwner.events('database.role_too_powerful')).toHaveLength(1);
  }, 300_000);

  it('twice at once on one checkout builds once; the second service says what to do', async () => {
    const folder = checkout('sources');
    const runs = await Promise.all([start(folder), start(folder)]);
    const outcome = await Promise.race([
      Promise.any(runs.map(untilReady)),
      sleep(240_000).then(() => Promise.reject(new Error(runs.map((run) => run.output()).join('\n---\n')))),
    ]);
    const loser = runs.find((run) => run !== outcome);
    expect(await loser?.exited).toBe(1);
    expect(loser?.output()).toMatch(/Another Watchword uses .*DATA_DIR or DATABASE_URL/);
    expect((await call(outcome.url, 'GET', '/health/ready')).status).toBe(200);
  }, 300_000);
});

/** Waits until each client has received at least two answers. */
async function untilRefreshed(phones: readonly Tokens[], held: ReadonlyMap<string, string>, before = new Map(held)) {
  for (let times = 0; times < 2; times++) {
    const seen = times === 0 ? before : new Map(held);
    await until('everybody has refreshed', () => phones.every(({ session: { id } }) => held.get(id) !== seen.get(id)));
  }
}

/** Refreshes without a pause, and keeps the newest token that it received. */
async function refreshUntilItFails(url: string, phone: Tokens, held: Map<string, string>): Promise<number> {
  for (let rotations = 0; rotations < 5_000; rotations++) {
    const answer = await refresh(url, held.get(phone.session.id) ?? '').catch(() => undefined);
    if (answer?.status !== 200) return rotations;
    held.set(phone.session.id, answer.json['refreshToken']);
  }
  return 5_000;
}
