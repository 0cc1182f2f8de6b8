// A change of address and a freeze meet whatever else changes the account, at each of their statements: one of the two wins,
// and nothing is between (docs/protocols/accounts.md, A9, A11 and A12).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { AddressCorrection } from '../src/accounts/address-correction.js';
import { Refusal } from '../src/errors.js';
import {
  type Answer,
  bearer,
  call,
  me,
  mobile,
  type Person,
  refresh,
  somebody,
  type Tokens,
} from './support/client.js';
import { Interleavings } from './support/interleavings.js';
import { mailed } from './support/one-time-tokens.js';
import type { Service } from './support/service.js';

const OTHER_PASSWORD = 'the passphrase of the other act';
const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };

interface World {
  readonly person: Person;
  readonly userId: string;
  readonly phone: Tokens;
  /** Where `emailToken` leads. */
  readonly newEmail: string;
  readonly emailToken: string;
  readonly freezeToken: string;
  /** Somebody else who is about to get the same address. */
  readonly rivalToken: string;
}
type Status = Pick<Answer, 'status'>;

let interleavings: Interleavings;
let service: Service;
beforeAll(async () => {
  interleavings = await Interleavings.start({});
  ({ service } = interleavings);
  const world = await makeWorld(); // what is read once is read
  await subjects.confirm(world);
  await subjects.freeze(world);
});
afterAll(() => interleavings.stop());

const post = (path: string, body: object, headers = {}) => call(service.url, 'POST', path, { body, headers });
const login = (email: string, password: string) => post('/auth/login', { email, password, transport: 'bearer' });
const status = async (act: Promise<unknown>): Promise<Status> => {
  try {
    await act;
    return { status: 204 };
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status };
    throw error;
  }
};

async function makeWorld(): Promise<World> {
  const [phone, rival, newEmail] = [await mobile(service.url), await mobile(service.url), somebody().email];
  const userId = phone.user.id;
  const { token: emailToken } = await mailed(service, userId, 'email', { address: newEmail });
  const { token: freezeToken } = await mailed(service, userId, 'freeze', { boundEmail: null, sessionEpoch: null });
  const { token: rivalToken } = await mailed(service, rival.user.id, 'email', { address: newEmail });
  return { person: phone.person, userId, phone, newEmail, emailToken, freezeToken, rivalToken };
}

interface State {
  readonly email: string;
  readonly disabled: boolean;
  readonly live: number;
}
async function stateOf({ userId }: World): Promise<State | undefined> {
  const [state] = await service.query<State>(
    `SELECT email, disabled_at IS NOT NULL AS disabled,
            (SELECT count(*)::int FROM refresh_tokens s
              WHERE s.user_id = u.id AND NOT s.revoked AND s.session_epoch = u.session_epoch) AS live
       FROM users u WHERE id = $1`,
    [userId],
  );
  return state;
}

const subjects = {
  confirm: ({ emailToken }: World) => post('/auth/email/verify', { token: emailToken }),
  freeze: ({ freezeToken }: World) => post('/auth/freeze', { token: freezeToken }),
};

const others = {
  'the same link': undefined,
  'the link of somebody else to the same address': ({ rivalToken }: World) =>
    post('/auth/email/verify', { token: rivalToken }),
  'a registration of the new address': ({ newEmail }: World) =>
    post('/auth/register', { email: newEmail, password: OTHER_PASSWORD }),
  'a change of the password': ({ phone, person: { password: currentPassword } }: World) =>
    post('/auth/password', { currentPassword, newPassword: OTHER_PASSWORD }, bearer(phone.accessToken)),
  'a logout of all devices': ({ phone }: World) => post('/auth/logout-all', {}, bearer(phone.accessToken)),
  'the disabling of the user': ({ userId }: World) =>
    status(service.app.get(AccountStatus).disable(userId, { by: 'operator', caller: operator })),
  'a new role': ({ userId }: World) =>
    status(service.app.get(AccountStatus).changeRole(userId, 'admin', { by: 'operator', caller: operator })),
  'the deletion of the account': ({ phone }: World) =>
    call(service.url, 'DELETE', '/auth/me', { headers: bearer(phone.accessToken) }),
  'a correction by the operator': ({ userId, person: { email } }: World) =>
    status(
      service.app.get(AddressCorrection).correct(userId, `corrected-${email}`, { by: 'operator', caller: operator }),
    ),
  'a sign-in': ({ person: { email, password } }: World) => login(email, password),
  'a refresh': ({ phone }: World) => refresh(service.url, phone.refreshToken),
};
type OtherName = keyof typeof others;
const names = Object.keys(others) as OtherName[];

/** What holds after a confirmation and another act, whatever their order. */
async function checkConfirmed(world: World, name: OtherName, confirmed: Status, other: Status): Promise<void> {
  const state = await stateOf(world);
  const owners = await service.query('SELECT id FROM users WHERE email = $1', [world.newEmail]);
  expect(owners.length).toBeLessThanOrEqual(1);
  const isMoved = confirmed.status === 204;
  const outcome = [name, confirmed.status, other.status];
  switch (name) {
    case 'the same link':
    case 'the link of somebody else to the same address':
      expect([name, [confirmed.status, other.status].toSorted()]).toEqual([name, [204, 400]]);
      expect(owners).toHaveLength(1);
      break;
    case 'a registration of the new address':
      expect(outcome).toEqual([name, isMoved ? 204 : 400, isMoved ? 409 : 201]);
      break;
    case 'a change of the password':
    case 'a logout of all devices':
      // Whichever comes second finds what the first has changed: the epoch, or the token version.
      expect([confirmed.status, other.status]).not.toEqual([400, 401]);
      expect(state).toMatchObject({ email: isMoved ? world.newEmail : world.person.email });
      break;
    case 'the disabling of the user':
      expect([other.status, state?.disabled, state?.live]).toEqual([204, true, 0]);
      break;
    case 'the deletion of the account':
      expect([confirmed.status, other.status]).not.toEqual([400, 401]);
      expect(state === undefined).toBe(other.status === 204);
      break;
    case 'a correction by the operator':
      expect([other.status, state?.email, state?.live]).toEqual([204, `corrected-${world.person.email}`, 0]);
      break;
    case 'a new role':
    case 'a sign-in':
    case 'a refresh':
      expect([name, confirmed.status, state?.email]).toEqual([name, 204, world.newEmail]);
  }
  // Nobody is ever left with a token that says the old address and is accepted.
  const { accessToken } = ((other as Answer).json ?? {}) as Partial<Tokens>;
  for (const token of [world.phone.accessToken, accessToken].filter((each) => each !== undefined)) {
    const mine = await me(service.url, token);
    expect([mine.status, mine.json['email'] ?? state?.email]).toEqual([mine.status, state?.email]);
  }
}

/** After a freeze nobody is signed in, and nobody can sign in, whatever else happened. */
async function checkFrozen(world: World, name: OtherName, frozen: Status, other: Status): Promise<void> {
  const state = await stateOf(world);
  const { accessToken, refreshToken } = ((other as Answer).json ?? {}) as Partial<Tokens>;
  if (state === undefined) {
    expect([name, other.status]).toEqual(['the deletion of the account', 204]);
  } else {
    expect([name, state.disabled, state.live]).toEqual([name, true, 0]);
    const isEither = name === 'the same link' || name === 'the disabling of the user';
    const done = [frozen.status, other.status].filter((each) => each === 204).length;
    expect([name, isEither ? done > 0 : frozen.status === 204]).toEqual([name, true]);
  }
  for (const token of [world.phone.accessToken, accessToken].filter((each) => each !== undefined))
    expect((await me(service.url, token)).status).toBe(401);
  for (const token of [world.phone.refreshToken, refreshToken].filter((each) => each !== undefined))
    expect((await refresh(service.url, token)).status).toBe(401);
  const passwords = name.startsWith('a registration')
    ? [world.person.password]
    : [world.person.password, OTHER_PASSWORD];
  for (const email of [world.person.email, world.newEmail])
    for (const password of passwords) expect((await login(email, password)).status).not.toBe(200);
}

const locksOut = new Set<OtherName>([
  'a change of the password',
  'a logout of all devices',
  'the disabling of the user',
  'the deletion of the account',
  'a correction by the operator',
]);
const checks = { confirm: checkConfirmed, freeze: checkFrozen };
const label = { confirm: 'a confirmed address', freeze: 'a freeze' };

for (const subject of ['confirm', 'freeze'] as const) {
  for (const name of names) {
    const other = (world: World): Promise<Status> => (others[name] ?? subjects[subject])(world);
    it(`${label[subject]}, held before each of its statements during ${name}: one wins, nothing is between`, () =>
      interleavings.atEach({
        makeWorld,
        held: subjects[subject],
        other,
        check: async (world, [one, two, isOver]) => {
          await checks[subject](world, name, one, two);
          // Whoever asked for the address was locked out before it was confirmed.
          const isLockedOut = isOver && locksOut.has(name) && two.status < 300;
          expect(subject === 'confirm' && isLockedOut && one.status !== 400).toBe(false);
        },
      }));
    it(`${label[subject]} during ${name} that is held before each of its statements: one wins, nothing is between`, () =>
      interleavings.atEach({
        makeWorld,
        held: other,
        other: subjects[subject],
        check: (world, [two, one]) => checks[subject](world, name, one, two),
      }));
  }
}
