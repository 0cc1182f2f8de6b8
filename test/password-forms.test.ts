// Passwords of other systems: they are verified in the form in which they came, and renewed at the first sign-in.
import { hash } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Decoys } from '../src/credentials/password/decoys.js';
import { type ForeignHash, readForeignHash } from '../src/credentials/password/forms/foreign-hash.js';
import { PARAMETERS } from '../src/credentials/password/forms/stored-hash.js';
import { Passwords } from '../src/credentials/password/passwords.js';
import { Metrics } from '../src/telemetry/metrics.js';
import { bearer, call, mobile, register, somebody } from './support/client.js';
import { foreignHashes } from './support/foreign-hashes.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';

const TODAY = /^\$argon2id\$v=19\$m=7168,t=1,p=1\$/;

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const login = (at: Service, email: string, password: string) =>
  call(at.url, 'POST', '/auth/login', { body: { email, password, transport: 'bearer' } });
const storedAt = async (at: Service, email: string) =>
  (await at.query<{ h: string }>('SELECT password_hash AS h FROM users WHERE email = $1', [email]))[0]?.h;

async function storedOf(foreign: ForeignHash): Promise<string> {
  if ('stored' in foreign) return foreign.stored;
  if ('refused' in foreign) throw new Error(foreign.refused);
  return (await service.app.get(Passwords).wrap([foreign.digest]))[0] ?? '';
}

/** Somebody whose password came from another system. */
async function arrived(at: Service, text: string): Promise<string> {
  const { email } = await register(at.url);
  await store(at, email, await storedOf(readForeignHash(text)));
  return email;
}

const store = (at: Service, email: string, stored: string | null) =>
  at.query('UPDATE users SET password_hash = $2 WHERE email = $1', [email, stored]);

const vectorOf = (start: string) => {
  const found = foreignHashes.find(({ from }) => from.startsWith(start));
  if (!found) throw new Error(`no vector of ${start}`);
  return found;
};
const oneOfEach = [
  ...['Supabase, admin_test.go', 'crypt_blowfish', 'passlib, test_handlers_scrypt.py: cheap', 'Firebase', 'RFC 6070'],
  'passlib, test_handlers.py: {SSHA}',
].map(vectorOf);

/** forms/foreign-hash.test.ts verifies all of them. */
const ofEachSystem = foreignHashes.filter(
  ({ from, isCheap }) => isCheap || /Devise|Laravel|Keycloak|Firebase/.test(from),
);

describe('a password of another system', () => {
  it.each(ofEachSystem)('opens the account, and the first sign-in renews its hash: $from', async (vector) => {
    const email = await arrived(service, vector.text);
    const before = await storedAt(service, email);
    const wrong = await login(service, email, `${vector.password.slice(0, -40)}x`);
    expect(wrong.json['code']).toBe('invalid_credentials');
    expect(await storedAt(service, email)).toBe(before);
    expect((await login(service, email, vector.password)).status).toBe(200);
    const renewed = await storedAt(service, email);
    expect(renewed).toMatch(TODAY);
    expect((await login(service, email, vector.password)).status).toBe(200);
    expect(await storedAt(service, email)).toBe(renewed);
  });

  it('is renewed once, whatever the number of first sign-ins', async () => {
    const at = await startServiceForTest({ RATE_LIMITS: 'off' });
    await at.query('CREATE TABLE renewals (email text)');
    await at.query(`CREATE FUNCTION note_renewal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
      $$ BEGIN INSERT INTO public.renewals VALUES (new.email); RETURN new; END $$`);
    const emails = await Promise.all(oneOfEach.map(({ text }) => arrived(at, text)));
    await at.query(`CREATE TRIGGER note_renewal AFTER UPDATE OF password_hash ON users FOR EACH ROW
      WHEN (old.password_hash IS DISTINCT FROM new.password_hash) EXECUTE FUNCTION note_renewal()`);
    for (const [n, { from, password }] of oneOfEach.entries()) {
      const [email = '', twenty] = [emails[n], Array.from({ length: 20 })];
      const answers = await Promise.all(twenty.map(() => login(at, email, password)));
      expect([from, answers.map(({ status }) => status)]).toEqual([from, twenty.map(() => 200)]);
      expect(await at.query('SELECT email FROM renewals WHERE email = $1', [email])).toHaveLength(1);
      expect(await storedAt(at, email)).toMatch(TODAY);
    }
  });

  it.each(oneOfEach)('proves its owner again, and can be changed: $from', async ({ text, password }) => {
    const phone = await mobile(service.url);
    const { email } = phone.person;
    const stored = await storedOf(readForeignHash(text));
    await store(service, email, stored);
    const headers = bearer(phone.accessToken);
    const proven = await call(service.url, 'POST', '/auth/reauthenticate', { body: { password }, headers });
    expect(proven.status).toBe(200);
    expect(await storedAt(service, email)).toBe(stored);
    const newPassword = 'quite another passphrase';
    const change = (currentPassword: string) =>
      call(service.url, 'POST', '/auth/password', { body: { currentPassword, newPassword }, headers });
    expect((await change(`${password}x`)).json['code']).toBe('invalid_credentials');
    expect((await change(password)).status).toBe(200);
    expect(await storedAt(service, email)).toMatch(TODAY);
    expect((await login(service, email, newPassword)).status).toBe(200);
  });

  it('is right as it was typed there, and otherwise in NFC', async () => {
    const composed = 'Café crème à volonté';
    const decomposed = composed.normalize('NFD');
    for (const made of [composed, decomposed]) {
      const { email } = await register(service.url);
      await store(service, email, await hash(made, { memoryCost: 8_192, timeCost: 1, parallelism: 1 }));
      expect((await login(service, email, made)).status).toBe(200);
      // The renewed hash is of NFC: from now on both spellings are right.
      for (const typed of [composed, decomposed]) expect((await login(service, email, typed)).status).toBe(200);
    }
  });

  it('costs both spellings, although the first is right: the time tells nothing of a disabled account', async () => {
    const { email } = await register(service.url);
    const typed = 'Café crème à volonté'.normalize('NFD');
    await store(service, email, await hash(typed, { memoryCost: 8_192, timeCost: 1, parallelism: 1 }));
    await service.query('UPDATE users SET disabled_at = protocol_now() WHERE email = $1', [email]);
    expect(await verificationsOf(service, () => login(service, email, typed))).toEqual({ argon2: 2 });
  });

  it('is never empty, although other systems have hashes of nothing', async () => {
    const { email } = await register(service.url);
    for (const nothing of ['d41d8cd98f00b204e9800998ecf8427e', 'sha1$$da39a3ee5e6b4b0d3255bfef95601890afd80709']) {
      await store(service, email, await storedOf(readForeignHash(nothing)));
      expect((await login(service, email, '')).json['code']).toBe('invalid_credentials');
    }
  });

  it('that costs more than the bounds is never verified, wherever it came from', async () => {
    const { email, password } = await register(service.url);
    const stored = await hash(password, { memoryCost: 8, timeCost: 65, parallelism: 1 });
    await store(service, email, stored);
    expect((await login(service, email, password)).json['code']).toBe('invalid_credentials');
    expect(await verificationsOf(service, () => login(service, email, password))).toEqual({ argon2: 1 });
  });
});

/** How many verifications of which form an act costs. */
async function verificationsOf(at: Service, act: () => Promise<unknown>): Promise<Record<string, number>> {
  const read = async () => {
    const metric = await at.app.get(Metrics).registry.getSingleMetric('watchword_password_verifications_total')?.get();
    return new Map(metric?.values.map(({ labels, value }) => [String(labels['form']), value]));
  };
  const before = await read();
  await act();
  const made = [...(await read())].map(([form, value]) => [form, value - (before.get(form) ?? 0)] as const);
  return Object.fromEntries(made.filter(([, count]) => count > 0));
}

/** Of a sign-in. Others are periodic, or depend on the windows of the limits of networks, which know no accounts. */
const statements = [/"users"."password_hash"/, /"guess_budgets"/, /insert into "audit_events"/];

describe('a sign-in tells nobody the form of a hash, nor that there is one', () => {
  it.each(oneOfEach)('by what it does: $from', async ({ text, password, family }) => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const first = await startService({}, { databaseUrl: proxy.url });
    onTestFinished(async () => {
      await first.stop();
      proxy.close();
    });
    const known = await arrived(first, text);
    const disabled = await arrived(first, text);
    const broken = await arrived(first, text);
    await first.query('UPDATE users SET disabled_at = protocol_now() WHERE email = $1', [disabled]);
    const at = await startService({}, { databaseUrl: proxy.url });
    onTestFinished(() => at.stop());
    const stored = (await storedAt(at, known)) ?? '';
    await store(at, broken, `${stored.slice(0, -1)}!`);
    const decoys = at.app.get(Decoys);
    const parametersOf = (each: string | null) => new RegExp(PARAMETERS).exec(each ?? '')?.[0];
    // One unknown address in a hundred has today's parameters.
    const unknown = Array.from({ length: 100 }, () => somebody().email).find(
      (email) => parametersOf(decoys.of(email)) === parametersOf(stored),
    );
    const cases: [string, string, string][] = [
      ['known and wrong', known, 'a wrong passphrase'],
      ['unknown', unknown ?? '', 'a wrong passphrase'],
      ['disabled and right', disabled, password],
      ['disabled and wrong', disabled, 'a wrong passphrase'],
      ['a hash that cannot be read', broken, password],
    ];
    const spelledOnce = { verifications: 1, of: (each: string) => each };
    const spelledTwice = { verifications: 2, of: (each: string) => `${each}e\u0301` };
    for (const { verifications, of } of [spelledOnce, spelledTwice]) {
      const costs: unknown[] = [];
      for (const [name, email, given] of cases) {
        const before = statements.map((pattern) => proxy.count(pattern));
        const made = await verificationsOf(at, () => login(at, email, of(given)));
        const after = statements.map((pattern, n) => proxy.count(pattern) - (before[n] ?? 0));
        costs.push({ name, made, statements: after });
      }
      const made = { [family]: verifications };
      expect(costs).toEqual(cases.map(([name]) => ({ name, made, statements: [1, 1, 1] })));
    }
  });

  it('whose parameters PostgreSQL finds as this process does', async () => {
    for (const { from, text } of foreignHashes) {
      const stored = await storedOf(readForeignHash(text));
      const found = await service.query('SELECT substring($1 from $2) AS form', [stored, PARAMETERS]);
      expect([from, found]).toEqual([from, [{ form: new RegExp(PARAMETERS).exec(stored)?.[0] }]]);
    }
    for (const broken of ['', 'x', '$2b$1', '$argon2id$broken', '$scrypt$ln=14,r=8,p=1$'])
      expect(await service.query('SELECT substring($1 from $2) AS form', [broken, PARAMETERS])).toEqual([
        { form: null },
      ]);
  });

  it('because unknown addresses cost every form that is in the table, in its proportions', async () => {
    const first = await startService();
    onTestFinished(() => first.stop());
    const shares = oneOfEach.map(({ text }, at) => ({ text, people: at + 1 }));
    const expected = new Map<string, number>();
    const total = shares.reduce((sum, { people }) => sum + people, 0);
    for (const { text, people } of shares) {
      const stored = await storedOf(readForeignHash(text));
      expected.set(new RegExp(PARAMETERS).exec(stored)?.[0] ?? '', people / total);
      const emails = Array.from({ length: people }, () => somebody().email);
      await first.query(
        'INSERT INTO users (id, email, password_hash) SELECT gen_random_uuid(), unnest($1::text[]), $2',
        [emails, stored],
      );
    }
    const at = await startService({}, { databaseUrl: first.databaseUrl });
    onTestFinished(() => at.stop());
    const drawn = new Map<string, number>();
    for (let n = 0; n < 4_000; n++) {
      const form = new RegExp(PARAMETERS).exec(at.app.get(Decoys).of(somebody().email) ?? '')?.[0] ?? '';
      drawn.set(form, (drawn.get(form) ?? 0) + 1 / 4_000);
    }
    for (const [form, share] of expected)
      expect([form, Math.abs((drawn.get(form) ?? 0) - share) < 0.03]).toEqual([form, true]);
    expect(drawn.size).toBe(expected.size + 1);
  });
});
