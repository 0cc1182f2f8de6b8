// C4: what a bearer client keeps survives the end of its process at every step, in memory and in a file.
import { execFileSync, fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createClient, type Stored, type TokenStorage } from '../packages/client/src/main.js';
import { fileStorage } from '../packages/client/src/node.js';
import { reactNativeStorage } from '../packages/client/src/react-native.js';
import { mobile, refresh, register, somebody } from './support/client.js';
import { SEED, randomOf } from './support/seed.js';
import { type Service, startService } from './support/service.js';
import { closedLater, eventsOf, held } from './support/web-client.js';
import { until } from './support/until.js';

/** Nightly: CLIENT_SESSIONS=1000 and more. */
const SESSIONS = Number(process.env['CLIENT_SESSIONS'] ?? 60);

let service: Service;
beforeAll(async () => void (service = await startService({ RATE_LIMITS: 'off' })));
afterAll(() => service.stop());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watchword-client-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

const phone = (storage: TokenStorage, fetch = globalThis.fetch) =>
  closedLater(createClient({ issuer: service.url, transport: 'bearer', storage, fetch }));

const forever = new Promise<never>(() => undefined);

/** What stays when a process dies: the text that was saved last. */
function disk(initial: Stored) {
  let text = JSON.stringify(initial);
  return { read: () => JSON.parse(text) as Stored, write: (stored: Stored) => void (text = JSON.stringify(stored)) };
}

const steps = ['before the request', 'before the answer', 'before saving', 'within saving', 'after saving'] as const;

/** A process that dies at a step of its next refresh: from there on it does nothing any more. */
function dying(kept: ReturnType<typeof disk>, step: (typeof steps)[number]) {
  const death = held();
  const die = () => {
    death.open();
    return forever;
  };
  const storage: TokenStorage = {
    load: () => kept.read(),
    async save(stored) {
      if (step === 'before saving') await die();
      if (step !== 'within saving') kept.write(stored); // atomic: the old text or the new one
      if (step === 'within saving' || step === 'after saving') await die();
    },
    withLock: (run) => run(), // the lock of a dead process is broken
  };
  const client = phone(storage, async (input, init) => {
    if (step === 'before the request') return die();
    const response = await fetch(input, init);
    return step === 'before the answer' ? die() : response;
  });
  void client.refresh();
  return death.opened;
}

describe('a process that dies', () => {
  it(`C4: signs nobody out at any step of ${SESSIONS} sessions`, async () => {
    const random = randomOf('client storage');
    const logouts: string[] = [];
    const one = async (session: number) => {
      const { accessToken, refreshToken, user, session: of, person } = await mobile(service.url);
      const tokens = {
        user: { ...user, email: person.email, role: 'user', emailVerified: false },
        session: { ...of, generation: 0 },
      };
      const kept = disk({ tokens: { ...tokens, accessToken, refreshToken, refreshAt: 0 } });
      const deaths = Array.from({ length: 4 }, () => steps[Math.floor(random() * steps.length)] ?? steps[0]);
      for (const step of deaths) await dying(kept, step);
      const client = phone({ load: () => kept.read(), save: (stored) => kept.write(stored), withLock: (run) => run() });
      const events = eventsOf(client);
      await client.refresh();
      const { status } = await client.fetch('/auth/me');
      if (status !== 200 || events.some((event) => event.startsWith('ended')))
        logouts.push(`${session}: ${deaths.join(', ')}`);
    };
    for (let session = 0; session < SESSIONS; session += 4)
      await Promise.all([0, 1, 2, 3].map((more) => one(session + more)));
    expect(logouts, `SEED=${SEED}`).toEqual([]);
    const [{ reuses } = { reuses: -1 }] = await service.query<{ reuses: number }>(
      `select count(*)::int as reuses from audit_events where type = 'refresh.reused'`,
    );
    expect(reuses).toBe(0);
  });

  it('leaves a lock in the file that the next process breaks', async () => {
    const path = join(folder, 'tokens.json');
    const dead = Number(execFileSync(process.execPath, ['-e', 'console.log(process.pid)'], { encoding: 'utf8' }));
    writeFileSync(`${path}.lock`, `${dead} x`);
    const asked = performance.now();
    expect(await fileStorage(path).withLock(async () => 'done')).toBe('done');
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('and whose number another process has now is known by the age of its lock', async () => {
    const path = join(folder, 'tokens.json');
    writeFileSync(`${path}.lock`, `${process.pid} x`);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(`${path}.lock`, longAgo, longAgo);
    expect(await fileStorage(path).withLock(async () => 'done')).toBe('done');
  });

  it('by kill -9 in the middle of saving leaves the old file or the new one', async () => {
    const path = join(folder, 'tokens.json');
    const script = join(folder, 'writer.mjs');
    const source = new URL('../packages/client/src/node.ts', import.meta.url).href;
    writeFileSync(
      script,
      `import { fileStorage } from ${JSON.stringify(source)};
       const storage = fileStorage(${JSON.stringify(path)});
       for (let n = 0; ; n++) { await storage.withLock(() => storage.save({ deviceToken: String(n).repeat(20_000) })); if (n === 3) process.send('writing'); }`,
    );
    for (let round = 0; round < 3; round++) {
      const child = fork(script, { execArgv: ['--import', 'tsx'], stdio: 'ignore' });
      await new Promise((done) => child.once('message', done));
      const gone = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await gone;
      const { deviceToken = '' } = JSON.parse(readFileSync(path, 'utf8')) as Stored;
      expect(deviceToken.length % 20_000).toBe(0);
      expect(await fileStorage(path).withLock(async () => 'free')).toBe('free');
    }
  });
});

describe('a file of tokens', () => {
  it('is readable by its owner only, and nothing else is left beside it', async () => {
    const path = join(folder, 'new', 'tokens.json');
    const app = phone(fileStorage(path));
    await app.signIn(await register(service.url));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'new'))).toEqual(['tokens.json']);
  });

  it('is shared: of ten processes that refresh at once, one does and the others take its tokens', async () => {
    const path = join(folder, 'tokens.json');
    await phone(fileStorage(path)).signIn(await register(service.url));
    let refreshes = 0;
    const counting: typeof fetch = (input, init) => {
      if (typeof input === 'string' && input.endsWith('/auth/refresh')) refreshes += 1;
      return fetch(input, init);
    };
    const apps = Array.from({ length: 10 }, () => phone(fileStorage(path), counting));
    await Promise.all(apps.map((app) => app.restore()));
    await Promise.all(apps.map((app) => app.refresh()));
    expect(refreshes).toBe(1);
    expect(apps.map(({ session }) => session?.generation)).toEqual(Array(10).fill(1));
  });

  it('keeps the newer tokens when an older answer comes after a long wait', async () => {
    const kept = disk({});
    const gate = held();
    const storage = (): TokenStorage => ({
      load: () => kept.read(),
      save: (stored) => kept.write(stored),
      withLock: (run) => run(), // nobody waits any longer
    });
    let isSlow = false;
    let isAnswered = false;
    const slow = phone(storage(), async (input, init) => {
      const response = await fetch(input, init);
      isAnswered = isSlow;
      if (isSlow) await gate.opened;
      return response;
    });
    await slow.signIn(await register(service.url));
    const quick = phone(storage());
    await quick.restore();
    isSlow = true;
    const late = slow.refresh();
    await until('the service has answered the slow one', () => isAnswered);
    await quick.refresh();
    await quick.refresh();
    gate.open();
    await late;
    expect(kept.read().tokens?.session.generation).toBe(2);
    expect(slow.session?.generation).toBe(2);
  });

  it('that another process emptied signs nobody out by itself: the service decides', async () => {
    const kept = disk({});
    const storage = { load: () => kept.read(), save: kept.write, withLock: <T>(run: () => Promise<T>) => run() };
    const app = phone(storage);
    await app.signIn(await register(service.url));
    kept.write({}); // a keychain that is locked may look empty
    await app.refresh();
    expect(app.session?.generation).toBe(1);
  });
});

describe('a secure store of React Native', () => {
  it('holds the refresh token under one key, without the access token', async () => {
    const items = new Map<string, string>();
    const storage = reactNativeStorage({
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      deleteItem: (key) => void items.delete(key),
    });
    const person = await register(service.url);
    await phone(storage).signIn(person);
    expect([...items.keys()]).toEqual(['watchword']);
    expect(items.get('watchword')).toMatch(/wrt_/);
    expect(items.get('watchword')).not.toMatch(/eyJ/);
    expect(items.get('watchword')?.length).toBeLessThan(2_048);
    const again = phone(storage);
    expect(await again.restore()).toMatchObject({ email: person.email });
    expect(again.session?.generation, 'refreshed for an access token').toBe(1);
    await again.signOut();
    expect(items.get('watchword') ?? '').not.toMatch(/wrt_/);
  });
});

describe('tokens that the service does not know', () => {
  it('are forgotten, once, and the app is told why', async () => {
    const { refreshToken, accessToken, user, session } = await mobile(service.url);
    await refresh(service.url, refreshToken);
    await service.advance(400); // past every grace: now it is a reuse
    const kept = disk({
      tokens: {
        user: { ...user, email: somebody().email, role: 'user', emailVerified: false },
        session: { ...session, generation: 0 },
        ...{ accessToken, refreshToken, refreshAt: 0 },
      },
    });
    const app = phone({ load: () => kept.read(), save: kept.write, withLock: (run) => run() });
    const events = eventsOf(app);
    expect(await app.restore()).toBeNull();
    expect(events).toEqual(['ended refresh_token_reused']);
    expect(kept.read().tokens).toBeUndefined();
  });
});
