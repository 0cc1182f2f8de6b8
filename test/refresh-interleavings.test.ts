// Nothing survives the act that ends it, at whatever statement the two meet (docs/protocols/refresh.md, R7 and R1).
import { randomUUID } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PasswordChange } from '../src/credentials/password/password-change.js';
import { AccountStatus } from '../src/accounts/account-status.js';
import {
  type Answer,
  bearer,
  type Call,
  call,
  decode,
  me,
  mobile,
  type Person,
  principalOf,
} from './support/client.js';
import { Interleavings } from './support/interleavings.js';
import { boundMobile, boundRefresh, ClientKey } from './support/key-proofs.js';
import type { Service } from './support/service.js';

/** A session without a key takes a proof and ignores it. */
const refresh = (base: string, token: string) => boundRefresh(base, key, token);

type Pair = Record<'accessToken' | 'refreshToken', string>;

/** A user with a phone, whose session is in the race, and a tablet. */
interface World {
  readonly person: Person;
  readonly userId: string;
  readonly sessionId: string;
  /** The tokens of the phone, the newest last. */
  readonly phone: Pair[];
  readonly tablet: Pair;
  /** A session whose access token the browser still sends when somebody signs in again. */
  readonly replaced: Pair | undefined;
}

/** Acts that start or continue a session. */
interface Act {
  readonly name: string;
  readonly isLogin: boolean;
  readonly needs?: 'previous token' | 'outdated hash' | 'session to replace' | 'key' | 'key and previous token';
  run(world: World): Promise<Answer>;
}

interface Ending {
  readonly name: string;
  /** `locked_out`: the user's sessions end, and the old password starts none. */
  readonly ends: 'session' | 'sessions' | 'locked_out' | 'role';
  run(world: World): Promise<Pick<Answer, 'status'>>;
}

const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };

const done = async (act: Promise<unknown>) => {
  expect(await act).not.toMatchObject({ hasChanged: false });
  return { status: 204 };
};

const changes = {
  password: ({ phone, person }: World) =>
    done(
      service.app
        .get(PasswordChange)
        .change(principalOf(phone.at(-1)?.accessToken ?? ''), person.password, newPassword, {
          caller: operator,
          request: { headers: {} },
        }),
    ),
  role: ({ userId }: World) =>
    done(service.app.get(AccountStatus).changeRole(userId, 'admin', { by: 'operator', caller: operator })),
  disable: ({ userId }: World) =>
    done(service.app.get(AccountStatus).disable(userId, { by: 'operator', caller: operator })),
};

const login = ({ person, replaced }: World) =>
  post('/auth/login', {
    body: { ...person, transport: 'bearer' },
    headers: replaced ? { cookie: `access_token=${replaced.accessToken}` } : {},
  });

const spend: Act = {
  name: 'a refresh',
  isLogin: false,
  run: ({ phone }) => refresh(service.url, phone.at(-1)?.refreshToken ?? ''),
};

const acts: readonly Act[] = [
  { name: 'a login', isLogin: true, run: login },
  { name: 'a login that renews an outdated hash', isLogin: true, needs: 'outdated hash', run: login },
  { name: 'a login that replaces a session', isLogin: true, needs: 'session to replace', run: login },
  spend,
  {
    name: 'a replay of the previous token',
    isLogin: false,
    needs: 'previous token',
    run: ({ phone }) => refresh(service.url, phone.at(-2)?.refreshToken ?? ''),
  },
  { ...spend, name: 'a refresh of a session that is bound to a key', needs: 'key' },
  {
    name: 'a replay of a session that is bound to a key',
    isLogin: false,
    needs: 'key and previous token',
    run: ({ phone }) => refresh(service.url, phone.at(-2)?.refreshToken ?? ''),
  },
];

const endings: readonly Ending[] = [
  {
    name: 'a logout',
    ends: 'session',
    run: ({ phone }) => post('/auth/logout', { headers: bearer(phone.at(-1)?.accessToken ?? '') }),
  },
  {
    name: 'the end of the session from another device',
    ends: 'session',
    run: ({ sessionId, tablet }) =>
      call(service.url, 'DELETE', `/auth/sessions/${sessionId}`, { headers: bearer(tablet.accessToken) }),
  },
  {
    name: 'a logout of all devices',
    ends: 'sessions',
    run: ({ tablet }) => post('/auth/logout-all', { headers: bearer(tablet.accessToken) }),
  },
  { name: 'a change of the password', ends: 'locked_out', run: changes.password },
  { name: 'the disabling of the user', ends: 'locked_out', run: changes.disable },
  { name: 'a change of the role', ends: 'role', run: changes.role },
];

const outcomes: Readonly<Record<Ending['ends'], string>> = {
  session: 'nothing of the session is accepted, and no other session is touched',
  sessions: 'nothing that was proven before is accepted',
  locked_out: 'nothing is accepted, and no session or hash is left behind',
  role: 'every session lives on, with the new role only',
};

let interleavings: Interleavings;
let service: Service;
let key: ClientKey;
const newPassword = 'quite another passphrase';
beforeAll(async () => {
  interleavings = await Interleavings.start();
  ({ service } = interleavings);
  key = await ClientKey.make();
});
afterAll(() => interleavings.stop());

for (const act of acts) {
  for (const ending of endings) {
    if (act.needs === 'outdated hash' && ending.ends !== 'locked_out') continue;
    const outcome = outcomes[ending.ends];

    it(`R7: ${act.name}, held before each of its statements during ${ending.name}: ${outcome}`, () =>
      heldAtEach(act, ending, act.needs, (world, [answer, end, isLate]) =>
        expectEnded(world, { act, ending, answer, end, isLate }),
      ));

    it(`R7: ${act.name} during ${ending.name} that is held before each of its statements: ${outcome}`, () =>
      heldAtEach(ending, act, act.needs, (world, [end, answer]) =>
        expectEnded(world, { act, ending, answer, end, isLate: false }),
      ));
  }
}

it('R1: of two refreshes of one token, one paused before each of its statements, one rotates and both get its successor', () =>
  heldAtEach(spend, spend, undefined, async (world, [held, other]) => {
    expect([held.status, other.status]).toEqual([200, 200]);
    expect(held.json['refreshToken']).toBe(other.json['refreshToken']);
    const rows = await service.query('SELECT generation, replays FROM refresh_tokens WHERE id = $1', [world.sessionId]);
    expect(rows).toEqual([{ generation: 1, replays: 1 }]);
    await expectAlive(held.json as Pair);
    expect(alertsFor(world)).toEqual([]);
  }));

interface Race {
  readonly act: Act;
  readonly ending: Ending;
  readonly answer: Answer;
  readonly end: Pick<Answer, 'status'>;
  /** The ending finished before the act continued. */
  readonly isLate: boolean;
}

/** Both acts have finished, and the ending was answered with success. */
async function expectEnded(world: World, { act, ending, answer, end, isLate }: Race): Promise<void> {
  expect(end.status).toBe(204);
  const minted = answer.status === 200 ? [answer.json as Pair] : [];
  if (minted.length === 0) expectRefused(act, ending, answer);
  if (isLate) expectNoStaleAnswer(act, ending, minted);
  const phone = act.isLogin ? world.phone : [...world.phone, ...minted];
  const signedIn = act.isLogin ? minted : [];
  if (world.replaced && signedIn.length > 0) await expectDead(world.replaced);

  if (ending.ends === 'role') {
    for (const { accessToken } of [...phone, ...signedIn, world.tablet]) await expectNoOldRole(accessToken);
    for (const newest of [...phone.slice(-1), ...signedIn, world.tablet]) await expectNewRole(newest);
  } else {
    for (const pair of phone) await expectDead(pair);
    if (ending.ends === 'session') for (const pair of [world.tablet, ...signedIn]) await expectAlive(pair);
    else {
      await expectDead(world.tablet);
      // A sign-in that met the logout proves its password again afterwards and is new; any other session has ended.
      for (const pair of signedIn)
        await (ending.ends === 'sessions' && isOfToday(pair) ? expectAlive : expectDead)(pair);
    }
  }
  if (ending.ends === 'locked_out') await expectNothingLeft(world, ending);
  expect(alertsFor(world)).toEqual([]);
}

/** An answer after the end contains a refusal or tokens of the new state, never dead tokens. */
function expectNoStaleAnswer(act: Act, ending: Ending, minted: readonly Pair[]): void {
  if (ending.ends === 'locked_out' || (!act.isLogin && ending.ends !== 'role')) expect(minted).toEqual([]);
  if (ending.ends !== 'session') expect(minted.filter((pair) => !isOfToday(pair))).toEqual([]);
}

/** Only an ended session is refused, with the code of its end. */
function expectRefused(act: Act, ending: Ending, { status, json, text }: Answer): void {
  expect(text).not.toMatch(/eyJ|wrt_/);
  expect(act.isLogin ? ending.ends : 'locked_out').toBe('locked_out');
  expect(ending.ends).not.toBe('role');
  const code = act.isLogin ? 'invalid_credentials' : 'refresh_token_invalid';
  expect({ status, code: json['code'] }).toEqual({ status: 401, code });
}

async function expectDead({ accessToken, refreshToken }: Pair): Promise<void> {
  expect((await me(service.url, accessToken)).status).toBe(401);
  const { json } = await refresh(service.url, refreshToken);
  expect(json).toMatchObject({ status: 401, code: 'refresh_token_invalid', session: 'ended' });
}

async function expectAlive({ accessToken, refreshToken }: Pair): Promise<void> {
  expect((await me(service.url, accessToken)).status).toBe(200);
  expect((await refresh(service.url, refreshToken)).status).toBe(200);
}

async function expectNoOldRole(accessToken: string): Promise<void> {
  const { status, json } = await me(service.url, accessToken);
  if (decode(accessToken)['role'] === 'admin') expect(status).toBe(200);
  else expect(json).toMatchObject({ status: 401, code: 'token_stale', session: 'keep' });
}

async function expectNewRole({ refreshToken }: Pair): Promise<void> {
  const { status, json } = await refresh(service.url, refreshToken);
  expect(status).toBe(200);
  expect(decode(json['accessToken'])).toMatchObject({ role: 'admin', tokenVersion: 2 });
  await expectAlive(json as Pair);
}

async function expectNothingLeft({ userId, person }: World, ending: Ending): Promise<void> {
  const open = await service.query(
    `SELECT s.id FROM refresh_tokens s JOIN users u ON u.id = s.user_id
      WHERE u.id = $1 AND NOT s.revoked AND s.session_epoch = u.session_epoch`,
    [userId],
  );
  expect(open).toEqual([]);
  if (ending.run === changes.password) {
    const body = { email: person.email, password: newPassword, transport: 'bearer' };
    expect((await post('/auth/login', { body })).status).toBe(200);
  }
  const again = await post('/auth/login', { body: { ...person, transport: 'bearer' } });
  expect(again.json['code']).toBe('invalid_credentials');
}

/** Whether the token was issued after the user's only change. Each user begins with version 1. */
const isOfToday = ({ accessToken }: Pair) => decode(accessToken)['tokenVersion'] === 2;

const alertsFor = ({ userId }: World) =>
  service.log.filter((line) => line['alert'] === true && line['userId'] === userId);

async function makeWorld(needs: Act['needs']): Promise<World> {
  const { person, user, session, ...first } = needs?.startsWith('key')
    ? await boundMobile(service.url, key)
    : await mobile(service.url);
  const phone: Pair[] = [first];
  if (needs?.endsWith('previous token')) phone.push((await refresh(service.url, first.refreshToken)).json as Pair);
  const tablet = await mobile(service.url, person);
  const replaced = needs === 'session to replace' ? await mobile(service.url, person) : undefined;
  if (needs === 'outdated hash') {
    const outdated = await hash(person.password, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await service.query('UPDATE users SET password_hash = $2 WHERE id = $1', [user.id, outdated]);
  }
  return { person, userId: user.id, sessionId: session.id, phone, tablet, replaced };
}

interface Runs<T> {
  run(world: World): Promise<T>;
}

const heldAtEach = <H, O>(
  held: Runs<H>,
  other: Runs<O>,
  needs: Act['needs'],
  check: (world: World, race: [H, O, boolean]) => Promise<void>,
): Promise<void> =>
  interleavings.atEach({
    makeWorld: () => makeWorld(needs),
    held: (world) => held.run(world),
    other: (world) => other.run(world),
    check,
  });

function post(path: string, options: Call): Promise<Answer> {
  return call(service.url, 'POST', path, options);
}
