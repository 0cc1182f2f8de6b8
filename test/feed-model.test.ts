// F2: for any schedule of acts, every token that is dead at the issuer and has not expired is dead by the feed, and no live
// one is. The issuer's own guard is the oracle.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { KeyRing } from '../src/keys/key-ring.js';
import { KeyStore } from '../src/keys/key-store.js';
import { KeyWatch } from '../src/keys/key-watch.js';
import { planRevocation } from '../src/keys/rotation.js';
import { Purge } from '../src/sessions/purge.js';
import { SessionEnd } from '../src/sessions/session-end.js';
import { RevokedSets } from '../src/siblings/revoked-set.js';
import type { AccessClaims } from '../src/tokens/access-token.js';
import { bearer, call, decode, me, mobile, type Person, refresh, register } from './support/client.js';
import { isDeadBy } from './support/feed.js';
import { type Service, startService } from './support/service.js';
import { stopTime } from './support/still-time.js';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 300) / 10;
const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };

let service: Service;
beforeAll(async () => {
  service = await stopTime(
    await startService({ RATE_LIMITS: 'off', MFA_REQUIRED_ROLES: 'none', SIGNING_KEY_BITS: '2048' }),
  );
  // The last administrator is neither disabled nor loses the role, and a sequence of acts may make its person one.
  await service.query(`INSERT INTO users (id, email, role) VALUES (gen_random_uuid(), 'admin@example.com', 'admin')`);
});
afterAll(() => service.stop());

/** What one person has done so far. */
interface World {
  person: Person;
  userId: string;
  /** Refresh tokens, oldest first. */
  readonly refreshTokens: string[];
  readonly accessTokens: string[];
}

/** `n` chooses among the tokens that there are. */
type Act = (world: World, n: number) => Promise<unknown>;

const pick = (tokens: readonly string[], n: number) => tokens.at(-1 - (n % Math.max(tokens.length, 1))) ?? '';
const withToken = (world: World, n: number, method: string, path: string, body?: object) =>
  call(service.url, method, path, { headers: bearer(pick(world.accessTokens, n)), ...(body ? { body } : {}) });

async function signIn(world: World): Promise<void> {
  const body = { ...world.person, transport: 'bearer' };
  keep(world, (await call(service.url, 'POST', '/auth/login', { body })).json);
}

function keep(world: World, { accessToken, refreshToken, user }: Record<string, any>): void {
  if (typeof accessToken !== 'string') return; // refused: there is nothing to judge
  world.accessTokens.push(accessToken);
  world.refreshTokens.push(refreshToken);
  world.userId = user.id;
}

async function beginAnew(world: World): Promise<void> {
  const phone = await mobile(service.url);
  world.person = phone.person;
  keep(world, phone);
}

const status = () => service.app.get(AccountStatus);

const acts: Record<string, Act> = {
  'sign in': signIn,
  refresh: async (world, n) => keep(world, (await refresh(service.url, pick(world.refreshTokens, n % 3))).json),
  'log out': (world, n) => withToken(world, n, 'POST', '/auth/logout'),
  'log out everywhere': (world, n) => withToken(world, n, 'POST', '/auth/logout-all'),
  'end the other sessions': (world, n) => withToken(world, n, 'DELETE', '/auth/sessions'),
  'change the password': async (world, n) => {
    const newPassword = `another passphrase ${randomUUID()}`;
    const body = { currentPassword: world.person.password, newPassword };
    const answer = await withToken(world, n, 'POST', '/auth/password', body);
    if (answer.status === 200) world.person = { ...world.person, password: newPassword };
    keep(world, answer.json);
  },
  'prove it again': async (world, n) =>
    keep(world, (await withToken(world, n, 'POST', '/auth/reauthenticate', { password: world.person.password })).json),
  'delete the account': async (world, n) => {
    const { status: answered } = await withToken(world, n, 'DELETE', '/auth/me');
    if (answered === 204) await beginAnew(world);
  },
  'end one token': async (world, n) => {
    const claims = decode(pick(world.accessTokens, n)) as unknown as AccessClaims;
    await service.app.get(SessionEnd).token(claims, operator);
  },
  'change the role': ({ userId }, n) =>
    status().changeRole(userId, n % 2 === 0 ? 'admin' : 'user', { by: 'operator', caller: operator }),
  'disable and enable': async ({ userId }) => {
    await status().disable(userId, { by: 'operator', caller: operator });
    await status().enable(userId, { by: 'operator', caller: operator });
  },
  'move the counter by hand': ({ userId }) =>
    service.query('UPDATE users SET token_version = token_version + 1 WHERE id = $1', [userId]),
  "end everybody's sessions": () => service.app.get(SessionEnd).allOfEverybody('operator', operator),
  'revoke the key': async (world) => {
    const { kid } = decode(pick(world.accessTokens, 0), 0) as { kid: string };
    await service.app.get(KeyStore).change((keys, now) => planRevocation(keys, kid, now), null);
    await service.app.get(KeyRing).reload();
    await service.app.get(KeyWatch).look(); // makes the next standby
  },
  purge: () => service.app.get(Purge).run(),
  wait: (_, n) => service.advance([0.3, 1, 20, 70, 300, 600, 880, 1_000][n % 8] ?? 1),
};

const weights: Record<string, number> = { 'sign in': 8, refresh: 12, wait: 6, 'revoke the key': 1 };
const aStep = fc.tuple(
  fc.oneof(...Object.keys(acts).map((name) => ({ weight: weights[name] ?? 2, arbitrary: fc.constant(name) }))),
  fc.nat({ max: 7 }),
);

/** Every token that was ever issued, alive or not. */
async function compare({ accessTokens }: World): Promise<{ alive: number; dead: number }> {
  const set = await service.app.get(RevokedSets).read();
  const seen = { alive: 0, dead: 0 };
  for (const token of accessTokens) {
    const { status: answered, json } = await me(service.url, token);
    if (json['code'] === 'token_expired') continue;
    expect([200, 401]).toContain(answered);
    const isDead = answered === 401;
    expect(isDeadBy(set, token), `${json['code'] ?? 'live'} ${JSON.stringify(decode(token))}`).toBe(isDead);
    seen[isDead ? 'dead' : 'alive'] += 1;
  }
  return seen;
}

it(
  'every token that is dead at the issuer is dead by the feed, and no live one is, after any acts in any order (F2)',
  async () => {
    const total = { alive: 0, dead: 0 };
    const schedule = fc.array(aStep, { minLength: 4, maxLength: 14, size: 'max' });
    await fc.assert(
      fc.asyncProperty(schedule, async (steps) => {
        const world: World = { person: await register(service.url), userId: '', refreshTokens: [], accessTokens: [] };
        await signIn(world);
        for (const [name, n] of steps) {
          await acts[name]?.(world, n);
          const { alive, dead } = await compare(world);
          total.alive += alive;
          total.dead += dead;
        }
      }),
      { numRuns: RUNS },
    );
    expect(total.alive).toBeGreaterThan(RUNS);
    expect(total.dead).toBeGreaterThan(RUNS);
  },
  120_000 + RUNS * 5_000,
);
