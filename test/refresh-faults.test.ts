// A network failure between the service and PostgreSQL logs nobody out (docs/protocols/refresh.md, R8).
import fc from 'fast-check';
import pLimit from 'p-limit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { familyOf, parseRefreshToken } from '../src/tokens/refresh-token.js';
import { type Answer, me, mobile, type Person, refresh, register, type Tokens } from './support/client.js';
import { boundMobile, boundRefresh, ClientKey } from './support/key-proofs.js';
import { type Fault, PostgresProxy } from './support/postgres-proxy.js';
import { SEED } from './support/seed.js';
import { cloneDatabase, type Service, startService } from './support/service.js';

const AT_ONCE = 8;

let proxy: PostgresProxy;
let service: Service;
let key: ClientKey;
beforeAll(async () => {
  key = await ClientKey.make();
  proxy = await PostgresProxy.before(await cloneDatabase());
  service = await startService({ RATE_LIMITS: 'off' }, { databaseUrl: proxy.url });
});
afterAll(async () => {
  await service.stop();
  proxy.close();
});

/** A refresh is one statement, the rotation; the retry of a lost answer continues with a read and a replay. */
const statements = {
  rotation: 'set previous_token = s.token',
  look: 'as is_current',
  replay: 'set replays = s.replays',
};
type Statement = keyof typeof statements;
const statementOf = ({ refreshToken }: Tokens, statement: Statement) => {
  const token = parseRefreshToken(refreshToken);
  const family = token && familyOf(token);
  return new RegExp(`${statements[statement]}.*${family}`, 's');
};

/** One run of the client: each fault hits one attempt, then the network works. */
type Run = readonly (Fault & { readonly on: Statement })[];

const share = fc.integer({ min: 0, max: 999 }).map((thousandths) => thousandths / 1000);
const how = fc.constantFrom('destroy' as const, 'resetAndDestroy' as const);
const loses = fc.constantFrom('query' as const, 'answer' as const);
const none = fc.constant(0);
const lostAnswer = fc.record({ loses: fc.constant('answer' as const), share: none, how });
const lostQuery = fc.record({ loses: fc.constant('query' as const), share: none, how });
const resetAnywhere = fc.record({ loses, share, how: fc.constant('resetAndDestroy' as const) });

/** On the rotation, or on the statements that follow its lost answer. */
const runsOf = (faults: fc.Arbitrary<Fault>): fc.Arbitrary<Run> =>
  fc.oneof(
    faults.map((fault) => [{ on: 'rotation' as const, ...fault }]),
    fc
      .record({ first: lostAnswer, on: fc.constantFrom('look' as const, 'replay' as const), fault: faults })
      .map(({ first, on, fault }) => [
        { on: 'rotation' as const, ...first },
        { on, ...fault },
      ]),
  );

const rowOf = async ({ session }: Tokens) => {
  const [row] = await service.query<{ generation: number; replays: number; revoked: boolean }>(
    'SELECT generation, replays, revoked FROM refresh_tokens WHERE id = $1',
    [session.id],
  );
  return row;
};

type Spend = (refreshToken: unknown) => Promise<Answer>;
const plainly: Spend = (token) => refresh(service.url, String(token));
const withKey: Spend = (token) => boundRefresh(service.url, key, String(token));

async function refreshThrough(phone: Tokens, { on, ...fault }: Run[number], spend = plainly): Promise<void> {
  const outcome = proxy.break(statementOf(phone, on), fault);
  const answer = await spend(phone.refreshToken);
  expect(outcome.hasHit).toBe(true);
  expect(answer.json).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
}

async function survive(person: Person, run: Run, isBound: boolean): Promise<void> {
  const phone = isBound ? await boundMobile(service.url, key, person) : await mobile(service.url, person);
  const spend = isBound ? withKey : plainly;
  for (const fault of run) await refreshThrough(phone, fault, spend);
  const answer = await spend(phone.refreshToken);
  expect(answer.status).toBe(200);
  expect(await rowOf(phone)).toMatchObject({ generation: 1, revoked: false });
  expect((await spend(answer.json['refreshToken'])).status).toBe(200);
  expect((await me(service.url, answer.json['accessToken'])).status).toBe(200);
  const ofSession = service.log.filter((line) => line['sessionId'] === phone.session.id);
  expect(ofSession.filter((line) => line['alert'] === true)).toEqual([]);
}

describe('a client whose refresh fails on the way to the database', () => {
  it.each([
    ['whose answer is lost after the commit, once or twice', lostAnswer, 67],
    ['whose query is lost before it arrives', lostQuery, 67],
    ['whose connection is reset at any byte in either direction', resetAnywhere, 66],
  ] as const)(
    '%s hears 503, retries with the same token, and gets the one successor, with no alert (R8)',
    async (_what, faults, numRuns) => {
      const plan = fc.sample(runsOf(faults), { numRuns, seed: SEED });
      const person = await register(service.url);
      const limit = pLimit(AT_ONCE);
      const failures: unknown[] = [];
      await Promise.all(
        plan.map((run, at) => {
          const isBound = at % 2 === 1; // to a key: every second one
          const fails = (error: unknown) => failures.push({ seed: SEED, run, isBound, error });
          return limit(() => survive(person, run, isBound)).catch(fails);
        }),
      );
      expect(failures).toEqual([]);
    },
    120_000,
  );

  it('before the commit still has the current token: nothing changed, and the retry is no replay (R8)', async () => {
    const phone = await mobile(service.url);
    await refreshThrough(phone, { on: 'rotation', loses: 'query', share: 0, how: 'destroy' });
    expect(await rowOf(phone)).toEqual({ generation: 0, replays: 0, revoked: false });
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
    expect(await rowOf(phone)).toEqual({ generation: 1, replays: 0, revoked: false });
  });

  it('after the commit has the previous token: its retry is a replay and receives the successor (R8)', async () => {
    const phone = await mobile(service.url);
    await refreshThrough(phone, { on: 'rotation', loses: 'answer', share: 0, how: 'destroy' });
    expect(await rowOf(phone)).toEqual({ generation: 1, replays: 0, revoked: false });
    expect((await refresh(service.url, phone.refreshToken)).status).toBe(200);
    expect(await rowOf(phone)).toEqual({ generation: 1, replays: 1, revoked: false });
  });
});
