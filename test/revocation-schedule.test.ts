// No token is accepted after its revocation was answered, however checks, revocations, evictions and slow rebuilds of
// two instances coincide; and the test detects two broken protocols (docs/protocols/revocation.md).
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Redis } from '../src/redis/redis.js';
import { Revocations } from '../src/revocation/revocations.js';
import { VerdictCache } from '../src/revocation/verdict-cache.js';
import type { AccessClaims } from '../src/tokens/access-token.js';
import { SessionEnd } from '../src/sessions/session-end.js';
import { AccountStatus } from '../src/accounts/account-status.js';
import { mobile } from './support/client.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { type RedisServer, startRedis } from './support/redis.js';
import { randomOf, SEED } from './support/seed.js';
import { cloneDatabase, type Service, startService } from './support/service.js';

const CHECKS = 20_000;
const USERS = 6;
const CHECKERS = 24;
const REVOKERS = 3;
const READ_ALL = /array\(select kind/;
const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };

let redis: RedisServer;
let databaseUrl = '';
beforeAll(async () => {
  redis = await startRedis({ isKept: true });
  databaseUrl = await cloneDatabase();
});
afterAll(() => redis.remove());

/** A token under check, and whether it must be refused. */
interface Token {
  readonly claims: AccessClaims;
  isDead: boolean;
}

interface Outcome {
  checks: number;
  revocations: number;
  acceptedDead: number;
  refusedLive: number;
}

/** Two instances with occasional slow rebuilds: the data is outdated when it is written. */
async function twoInstances(): Promise<Service[]> {
  const settings = { REDIS_URL: redis.url, REDIS_TIMEOUT_MS: '3000', VERDICT_TIMEOUT_MS: '9000', RATE_LIMITS: 'off' };
  return Promise.all(
    [0, 1].map(async (instance) => {
      const proxy = await PostgresProxy.before(databaseUrl);
      const service = await startService(settings, { databaseUrl: proxy.url });
      const random = randomOf(`rebuilds of ${instance}`);
      proxy.slowDown(READ_ALL, () => (random() < 0.6 ? 0 : Math.floor(random() * 12)));
      onTestFinished(async () => {
        await service.stop();
        proxy.close();
      });
      return service;
    }),
  );
}

async function run(instances: readonly Service[], isOver: (outcome: Outcome) => boolean): Promise<Outcome> {
  const outcome: Outcome = { checks: 0, revocations: 0, acceptedDead: 0, refusedLive: 0 };
  const [first] = instances;
  const phones = await Promise.all(Array.from({ length: USERS }, () => mobile(first?.url ?? '')));
  // Else the last of the users who became administrators would stay one.
  await first?.query(`INSERT INTO users (id, email, role) SELECT gen_random_uuid(), 'admin@example.com', 'admin'
       WHERE NOT EXISTS (SELECT FROM users WHERE email = 'admin@example.com')`);
  const versions = new Map(phones.map(({ user }) => [user.id, 1]));
  const mint = (sub: string): Token => {
    const claims = { sub, sid: randomUUID(), jti: randomUUID(), tokenVersion: versions.get(sub) ?? 1 };
    return { claims: claims as AccessClaims, isDead: false };
  };
  /** The current token and the last dead one of each user. */
  const tokens = phones.map(({ user }) => [mint(user.id), mint(user.id)] as [Token, Token]);
  /** Each actor has its own random stream, so its acts do not depend on the pace of the others. */
  const picking =
    (random: () => number) =>
    <T>(from: readonly T[]): T =>
      from[Math.floor(random() * from.length)] as T;
  const part = <T>(instance: Service, type: abstract new (...args: never[]) => T): T => instance.app.get<T>(type);

  const check = async (checker: number) => {
    const pick = picking(randomOf(`checker ${checker}`));
    while (!isOver(outcome)) {
      const token = pick(pick(tokens));
      const wasDead = token.isDead;
      const verdict = await part(pick(instances), Revocations).verdictFor(token.claims);
      outcome.checks++;
      if (wasDead && verdict === 'live') outcome.acceptedDead++;
      if (!wasDead && verdict !== 'live' && !token.isDead && !isBeingRevoked.has(token)) outcome.refusedLive++;
    }
  };
  const isBeingRevoked = new Set<Token>();
  const revoke = async (revoker: number) => {
    const random = randomOf(`revoker ${revoker}`);
    const pick = picking(random);
    const own = tokens.map((_, at) => at).filter((at) => at % REVOKERS === revoker);
    while (!isOver(outcome)) {
      const at = pick(own);
      const [token] = tokens[at] as [Token, Token];
      const { sub, sid } = token.claims;
      const fresh = () => {
        tokens[at] = [mint(sub), token];
        outcome.revocations++;
      };
      for (const each of tokens[at] ?? []) isBeingRevoked.add(each);
      const kind = pick(['session', 'token', 'role']);
      const instance = pick(instances);
      if (kind === 'session') await part(instance, SessionEnd).one({ userId: sub, sessionId: sid }, operator);
      else if (kind === 'token') await part(instance, SessionEnd).token(token.claims, operator);
      else {
        const version = (versions.get(sub) ?? 1) + 1;
        await part(instance, AccountStatus).changeRole(sub, version % 2 === 0 ? 'admin' : 'user', {
          by: 'operator',
          caller: operator,
        });
        versions.set(sub, version);
      }
      token.isDead = true; // the 2xx
      fresh();
      await sleep(random() * 4);
    }
  };
  const evict = async () => {
    const random = randomOf('evictions');
    const pick = picking(random);
    while (!isOver(outcome)) {
      await sleep(random() * 6);
      const { sub } = pick(pick(tokens)).claims;
      await (random() < 0.1 ? redis.cli('FLUSHALL') : redis.cli('DEL', `auth:{${sub}}`));
    }
  };
  await Promise.all([
    ...Array.from({ length: CHECKERS }, (_, checker) => check(checker)),
    ...Array.from({ length: REVOKERS }, (_, revoker) => revoke(revoker)),
    evict(),
  ]);
  return outcome;
}

it(`of ${CHECKS} checks by two instances among revocations, evictions and slow rebuilds none accepts what is dead (V1, V2, V11)`, async () => {
  const outcome = await run(await twoInstances(), ({ checks }) => checks >= CHECKS);
  expect(outcome.revocations, `SEED=${SEED}`).toBeGreaterThan(200);
  expect({ seed: SEED, ...outcome }).toMatchObject({ acceptedDead: 0, refusedLive: 0 });
}, 240_000);

/** Runs until the first failure, or for as many checks as above. */
const untilCaught = ({ checks, acceptedDead }: Outcome) => acceptedDead > 0 || checks >= CHECKS;

it('the same schedule detects a FILL that does not check the lease', async () => {
  const instances = await twoInstances();
  const lua = readFileSync('src/revocation/fill.lua', 'utf8').replace(/^if redis\.call\('HGET'.*$/m, '');
  for (const { app } of instances)
    Object.assign(app.get(VerdictCache), { fillEntry: app.get(Redis).define('fillWithoutLease', lua) });
  expect((await run(instances, untilCaught)).acceptedDead, `SEED=${SEED}`).toBeGreaterThan(0);
}, 240_000);

it('the same schedule detects checks that join a read which began before them', async () => {
  const instances = await twoInstances();
  for (const { app } of instances) {
    const flights = new Map<string, Promise<unknown>>();
    const read = (key: string, begin: () => Promise<unknown>) => {
      const joined = flights.get(key) ?? begin().finally(() => flights.delete(key));
      flights.set(key, joined);
      return joined;
    };
    Object.assign(app.get(Revocations), { reads: { read } });
  }
  expect((await run(instances, untilCaught)).acceptedDead, `SEED=${SEED}`).toBeGreaterThan(0);
}, 240_000);
