// Whose an address is: `user_emails` and `users` agree whatever meets whatever (docs/protocols/accounts.md).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AddressCorrection } from '../src/accounts/address-correction.js';
import { Invitation } from '../src/accounts/invitation.js';
import { Database, type Transaction } from '../src/database/database.js';
import { inTransaction } from '../src/database/transactions.js';
import { ImportedUsers } from '../src/users/imported-users.js';
import { PendingUsers } from '../src/users/pending-users.js';
import { UserAddress } from '../src/users/user-address.js';
import { UserStatus } from '../src/users/user-status.js';
import { Users } from '../src/users/users.js';
import { call, register, somebody } from './support/client.js';
import { Interleavings } from './support/interleavings.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { cloneDatabase, type Service, startService, startServiceForTest } from './support/service.js';

const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };
const act = { by: 'operator', caller: operator } as const;

let interleavings: Interleavings;
let service: Service;
beforeAll(async () => {
  interleavings = await Interleavings.start({});
  ({ service } = interleavings);
});
afterAll(() => interleavings.stop());

const within = <T>(work: (tx: Transaction) => Promise<T>) => inTransaction(service.app.get(Database), work);

interface World {
  readonly email: string;
  /** Has the address at first, where somebody has it. */
  readonly holder: string;
  /** Has another address. */
  readonly mover: string;
}

/** @param state of the holder; undefined: nobody has the address */
async function makeWorld(state?: 'pending' | 'full'): Promise<World> {
  const world = { email: `${randomUUID()}@example.com`, holder: randomUUID(), mover: randomUUID() };
  await service.query('INSERT INTO users (id, email) VALUES ($1, $2)', [world.mover, `${world.mover}@example.com`]);
  if (state)
    await service.query('INSERT INTO users (id, email, pending_until) VALUES ($1, $2, $3)', [
      ...[world.holder, world.email],
      state === 'pending' ? new Date(0) : null, // it is due
    ]);
  return world;
}

/** Each says whether somebody got the address, or lost it. */
const acts = {
  'a registration': ({ email }: World) =>
    within(async (tx) => (await service.app.get(Users).create(tx, email, 'a hash')) !== undefined),
  'a registration that waits for its mail': ({ email }: World) =>
    within(async (tx) => (await service.app.get(PendingUsers).register(tx, email, 'a hash')) !== undefined),
  'an invitation': async ({ email }: World) => (await service.app.get(Invitation).invite(email, act)) !== undefined,
  'an import': ({ email }: World) =>
    within(async (tx) => {
      await service.app.get(PendingUsers).giveWayAll(tx, [email]);
      const user = { id: randomUUID(), email, passwordHash: 'a hash', role: 'user', isVerified: true } as const;
      return (
        (await service.app.get(ImportedUsers).create(tx, [{ ...user, isDisabled: false, createdAt: null }])).size > 0
      );
    }),
  'a change of address': ({ email, mover }: World) =>
    within(async (tx) => {
      const at = { userId: mover, boundEmail: `${mover}@example.com`, sessionEpoch: 1, address: email };
      const isDone = await service.app.get(UserAddress).confirm(tx, at);
      if (!isDone) throw new RolledBack();
      return isDone;
    }).catch(isRolledBack),
  'a correction of an address': async ({ email, mover }: World) =>
    (await service.app.get(AddressCorrection).correct(mover, email, act)).hasChanged,
  'the deletion of whoever has it': ({ holder }: World) =>
    within(async (tx) => {
      const status = service.app.get(UserStatus);
      await status.beginRemoval(tx, holder);
      return (await status.remove(tx, holder)) !== undefined;
    }),
  'the purge of whoever has it': async () => (await service.app.get(PendingUsers).purge()).gone > 0,
  'a correction of the address of whoever has it': async ({ holder }: World) =>
    (await service.app.get(AddressCorrection).correct(holder, `${holder}@example.com`, act)).hasChanged,
};
type Act = keyof typeof acts;

/** What a refused change of address does with its transaction. */
class RolledBack extends Error {}
function isRolledBack(error: unknown): false {
  if (!(error instanceof RolledBack)) throw error;
  return false;
}

const takers = [
  'a registration',
  'a registration that waits for its mail',
  'an invitation',
  'an import',
  'a change of address',
  'a correction of an address',
] as const;
const givers = [
  'the deletion of whoever has it',
  'the purge of whoever has it',
  'a correction of the address of whoever has it',
] as const;

/** Addresses and users as they are on their rows, where the two tables differ. */
const differences = () =>
  service.query(`SELECT e.email, e.user_id, u.email AS theirs, u.id FROM user_emails e
    FULL JOIN users u ON u.id = e.user_id AND u.email = e.email WHERE u.id IS NULL OR e.user_id IS NULL`);
const owners = ({ email }: World) => service.query('SELECT id FROM users WHERE email = $1', [email]);

/** To whoever comes next. */
const givesWay = (name: Act) => /waits|invitation/.test(name);
/** Of one user. */
const isMove = (name: Act) => /change|correction/.test(name);

describe('an address that is free', () => {
  for (const [at, first] of takers.entries())
    for (const second of takers.slice(at))
      for (const [held, other] of first === second
        ? [[first, second]]
        : ([
            [first, second],
            [second, first],
          ] as const))
        it(`goes to one: ${held}, held before each of its statements, during ${other}`, () =>
          interleavings.atEach({
            makeWorld: () => makeWorld(),
            held: acts[held],
            other: acts[other],
            check: async (world, [one, two]) => {
              expect(await owners(world)).toHaveLength(1);
              expect(await differences()).toEqual([]);
              const mayBoth = givesWay(held) || givesWay(other) || (isMove(held) && isMove(other));
              expect([one, two]).toContain(true);
              expect(one && two && !mayBoth).toBe(false);
            },
          }));
});

describe('an address that somebody has', () => {
  for (const giver of givers)
    for (const taker of takers)
      for (const [held, other] of [
        [giver, taker],
        [taker, giver],
      ] as const)
        it(`is one person's or nobody's: ${held}, held before each of its statements, during ${other}`, () =>
          interleavings.atEach({
            makeWorld: () => makeWorld(giver === 'the purge of whoever has it' ? 'pending' : 'full'),
            held: acts[held],
            other: acts[other],
            check: async (world) => {
              expect((await owners(world)).length).toBeLessThanOrEqual(1);
              expect(await differences()).toEqual([]);
            },
          }));

  it.each(givers)('frees the address: %s', async (giver) => {
    const world = await makeWorld(giver === 'the purge of whoever has it' ? 'pending' : 'full');
    expect(await acts[giver](world)).toBe(true);
    expect(await service.query('SELECT FROM user_emails WHERE email = $1', [world.email])).toEqual([]);
    expect(await acts['a registration'](world)).toBe(true);
    expect(await acts['a correction of an address'](world)).toBe(false);
  });

  it('is moved, and its entity tag with it', async () => {
    const world = await makeWorld();
    expect(await acts['a change of address'](world)).toBe(true);
    expect(await service.query('SELECT revision FROM users WHERE id = $1', [world.mover])).toEqual([{ revision: 2 }]);
    expect(await differences()).toEqual([]);
  });
});

describe('the way from an address to a user', () => {
  it('that is out of date opens nothing: no sign-in, no link, no account of another', async () => {
    const own = await startServiceForTest();
    const [one, two] = [await register(own.url), await register(own.url)];
    // A shard has lost the change: the address of the first one leads to the second.
    await own.query(`UPDATE user_emails SET user_id = (SELECT id FROM users WHERE email = $2) WHERE email = $1`, [
      one.email,
      two.email,
    ]);
    for (const { password } of [one, two]) {
      const body = { email: one.email, password, transport: 'bearer' };
      expect((await call(own.url, 'POST', '/auth/login', { body })).json['code']).toBe('invalid_credentials');
    }
    expect(await own.app.get(Users).findByEmail(one.email)).toBeUndefined();
    const other = await call(own.url, 'POST', '/auth/login', { body: { ...two, transport: 'bearer' } });
    expect(other.status).toBe(200);
  });

  it('costs as many statements for an address that nobody has', async () => {
    const proxy = await PostgresProxy.before(await cloneDatabase());
    const own = await startService({ RATE_LIMITS: 'off' }, { databaseUrl: proxy.url });
    const known = await register(own.url);
    const login = (email: string) =>
      call(own.url, 'POST', '/auth/login', { body: { email, password: 'a wrong passphrase', transport: 'bearer' } });
    await login(known.email);
    const asked = { known: known.email, unknown: somebody().email };
    const seen: Record<string, number> = {};
    for (const [name, email] of Object.entries(asked)) {
      const before = proxy.count(/user_emails|user_by_id|from "users"/);
      expect((await login(email)).status).toBe(401);
      seen[name] = proxy.count(/user_emails|user_by_id|from "users"/) - before;
    }
    expect(seen).toEqual({ known: 2, unknown: 2 });
    await own.stop();
    proxy.close();
  });
});
