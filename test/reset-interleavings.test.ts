// A reset meets whatever else changes the account, at each of its statements: one of the two wins, and nothing is between
// (docs/protocols/accounts.md, A1, A4 and A8).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { PasswordChange } from '../src/credentials/password/password-change.js';
import { PendingPurge } from '../src/credentials/registration/pending-purge.js';
import type { TokenPurpose } from '../src/database/schema/vocabularies.js';
import { Refusal } from '../src/errors.js';
import type { TokenRequest } from '../src/tokens/one-time-tokens.js';
import {
  type Answer,
  bearer,
  call,
  me,
  mobile,
  type Person,
  principalOf,
  refresh,
  somebody,
  type Tokens,
} from './support/client.js';
import { Interleavings } from './support/interleavings.js';
import { mailed } from './support/one-time-tokens.js';
import type { Service } from './support/service.js';

const [BY_RESET, BY_OTHER] = ['the passphrase of the reset', 'the passphrase of the other act'];
const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };

interface World {
  readonly person: Person;
  readonly userId: string;
  /** Of a reset mail, as yet unused. */
  readonly token: string;
  readonly phone: Tokens | undefined;
  /** Of the other act. */
  readonly link: string;
}

type Status = Pick<Answer, 'status'>;
interface Act {
  readonly name: string;
  readonly isPending?: boolean;
  /** The link that it follows, if it does. */
  readonly link?: { readonly purpose: TokenPurpose } & Partial<TokenRequest>;
  run(world: World): Promise<Status>;
  /** What holds afterwards, beside what holds after every race with a reset. */
  check(world: World, reset: Status, other: Status): Promise<void>;
}

let interleavings: Interleavings;
let service: Service;
beforeAll(async () => {
  interleavings = await Interleavings.start({ REGISTRATION: 'verified' });
  ({ service } = interleavings);
  await reset(await makeWorld()); // what is read once is read
});
afterAll(() => interleavings.stop());

const post = (path: string, body: object, headers = {}) => call(service.url, 'POST', path, { body, headers });
const reset = ({ token }: World) => post('/auth/password/reset', { token, newPassword: BY_RESET });
const login = ({ email }: Person, password: string) => post('/auth/login', { email, password, transport: 'bearer' });
const opens = async ({ person }: World, password: string) => (await login(person, password)).status;

const status = async (act: Promise<unknown>): Promise<Status> => {
  try {
    await act;
    return { status: 204 };
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status };
    throw error;
  }
};

async function makeWorld({ isPending = false, link: wanted }: Pick<Act, 'isPending' | 'link'> = {}): Promise<World> {
  const person = somebody();
  await post('/auth/register', person);
  if (!isPending) await service.query(`UPDATE users SET pending_until = NULL WHERE email = $1`, [person.email]);
  const [row] = await service.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [person.email]);
  const userId = row?.id ?? '';
  const phone = isPending ? undefined : await mobile(service.url, person);
  const { token } = await mailed(service, userId, 'reset');
  const { purpose, address, ...other } = wanted ?? { purpose: 'magic' };
  const to = address === undefined ? {} : { address: `${address}-${person.email}` };
  const { token: link } = await mailed(service, userId, purpose, { ...other, ...to });
  return { person, userId, token, phone, link };
}

interface State {
  readonly pending: boolean;
  readonly verified: boolean;
  readonly disabled: boolean;
  readonly live: number;
}
async function stateOf({ userId }: World): Promise<State | undefined> {
  const [state] = await service.query<State>(
    `SELECT pending_until IS NOT NULL AS pending, email_verified_at IS NOT NULL AS verified, disabled_at IS NOT NULL AS disabled,
            (SELECT count(*)::int FROM refresh_tokens s
              WHERE s.user_id = u.id AND NOT s.revoked AND s.session_epoch = u.session_epoch) AS live
       FROM users u WHERE id = $1`,
    [userId],
  );
  return state;
}

const acts: readonly Act[] = [
  {
    name: 'the same reset',
    run: (world) => reset(world),
    async check(_, one, other) {
      expect([one.status, other.status].toSorted()).toEqual([204, 400]);
    },
  },
  {
    name: 'a change of the password',
    run: ({ phone, person }) =>
      status(
        service.app.get(PasswordChange).change(principalOf(phone?.accessToken ?? ''), person.password, BY_OTHER, {
          caller: operator,
          request: { headers: {} },
        }),
      ),
    async check(world, { status: byReset }, { status: byChange }) {
      expect([byReset, byChange].filter((each) => each === 204)).toHaveLength(1);
      expect(await opens(world, BY_RESET)).toBe(byReset === 204 ? 200 : 401);
      expect(await opens(world, BY_OTHER)).toBe(byChange === 204 ? 200 : 401);
    },
  },
  {
    name: 'the disabling of the user',
    run: ({ userId }) => status(service.app.get(AccountStatus).disable(userId, { by: 'operator', caller: operator })),
    async check(world, _, { status: disabled }) {
      expect(disabled).toBe(204);
      expect(await stateOf(world)).toMatchObject({ disabled: true, live: 0 });
      for (const password of [BY_RESET, world.person.password]) expect(await opens(world, password)).toBe(401);
    },
  },
  {
    name: 'the freezing of the account',
    link: { purpose: 'freeze', boundEmail: null, sessionEpoch: null },
    run: ({ link }) => post('/auth/freeze', { token: link }),
    async check(world, _, { status: frozen }) {
      expect(frozen).toBe(204);
      expect(await stateOf(world)).toMatchObject({ disabled: true, live: 0 });
      for (const password of [BY_RESET, world.person.password]) expect(await opens(world, password)).toBe(401);
    },
  },
  {
    name: 'the confirmation of another address',
    link: { purpose: 'email', address: 'moved' },
    run: ({ link }) => post('/auth/email/verify', { token: link }),
    async check(world, { status: byReset }, { status: moved }) {
      const { email, password } = world.person;
      expect([byReset, moved].toSorted()).toEqual([204, 400]);
      expect((await login({ email: `moved-${email}`, password }, password)).status).toBe(moved === 204 ? 200 : 401);
      expect(await opens(world, BY_RESET)).toBe(byReset === 204 ? 200 : 401);
    },
  },
  {
    name: 'a logout of all devices',
    run: ({ phone }) => post('/auth/logout-all', {}, bearer(phone?.accessToken ?? '')),
    async check(world, { status: byReset }) {
      expect(await opens(world, BY_RESET)).toBe(byReset === 204 ? 200 : 401);
    },
  },
  {
    name: 'a sign-in with the old password',
    run: ({ person }) => login(person, person.password),
    async check(world, { status: byReset }, signedIn) {
      expect(byReset).toBe(204);
      const { accessToken, refreshToken } = (signedIn as Answer).json as Partial<Tokens>;
      if (signedIn.status === 200) {
        expect((await me(service.url, accessToken ?? '')).status).toBe(401);
        expect((await refresh(service.url, refreshToken ?? '')).status).toBe(401);
      }
      expect(await opens(world, BY_RESET)).toBe(200);
    },
  },
  {
    name: 'a refresh',
    run: ({ phone }) => refresh(service.url, phone?.refreshToken ?? ''),
    async check(world, { status: byReset }, refreshed) {
      expect(byReset).toBe(204);
      const { accessToken, refreshToken } = (refreshed as Answer).json as Partial<Tokens>;
      if (refreshed.status === 200) {
        expect((await me(service.url, accessToken ?? '')).status).toBe(401);
        expect((await refresh(service.url, refreshToken ?? '')).status).toBe(401);
      }
      expect(await opens(world, BY_RESET)).toBe(200);
    },
  },
  {
    name: 'the deletion of the account by its owner',
    run: ({ phone }) => call(service.url, 'DELETE', '/auth/me', { headers: bearer(phone?.accessToken ?? '') }),
    async check(world, { status: byReset }, { status: deleted }) {
      expect([byReset, deleted].filter((each) => each === 204).length).toBeGreaterThan(0);
      if (deleted === 204) expect(await stateOf(world)).toBeUndefined();
      else expect(await opens(world, BY_RESET)).toBe(200);
    },
  },
  {
    name: 'a newer reset mail',
    async run({ userId }) {
      const { token } = await mailed(service, userId, 'reset');
      newer.set(userId, token);
      return { status: 204 };
    },
    async check(world, { status: byReset }) {
      const token = newer.get(world.userId) ?? '';
      const { status: byNewer } = await post('/auth/password/reset', { token, newPassword: BY_OTHER });
      // A link that was made before the reset is void after it, and one that was made after it is good.
      expect([byReset, byNewer]).not.toEqual([400, 400]);
      expect(await opens(world, BY_OTHER)).toBe(byNewer === 204 ? 200 : 401);
      expect(await opens(world, world.person.password)).toBe(401);
    },
  },
  {
    name: 'another registration of a pending address',
    isPending: true,
    run: ({ person: { email } }) => post('/auth/register', { email, password: BY_OTHER }),
    async check(world, { status: byReset }) {
      const isReset = byReset === 204;
      expect(await stateOf(world)).toMatchObject({ pending: !isReset, verified: isReset });
      expect(await opens(world, BY_RESET)).toBe(isReset ? 200 : 401);
      expect(await opens(world, BY_OTHER)).toBe(isReset ? 401 : 403);
    },
  },
  {
    name: 'the verification of a pending address',
    isPending: true,
    link: { purpose: 'verify' },
    run: ({ link }) => post('/auth/email/verify', { token: link }),
    async check(world, { status: byReset }) {
      expect(byReset).toBe(204);
      expect(await stateOf(world)).toMatchObject({ pending: false, verified: true });
      expect(await opens(world, BY_RESET)).toBe(200);
    },
  },
  {
    name: 'the purge of a pending account whose week is over',
    isPending: true,
    run: () => status(service.app.get(PendingPurge).round()),
    async check(world, { status: byReset }) {
      if (byReset === 204) expect(await opens(world, BY_RESET)).toBe(200);
      else expect(await stateOf(world)).toBeUndefined();
    },
  },
];
/** The link of a newer mail, by user. */
const newer = new Map<string, string>();

/** Whatever else happened. */
async function checkReset(world: World, { status: byReset }: Status): Promise<void> {
  expect([204, 400]).toContain(byReset);
  if (byReset !== 204 || !world.phone) return;
  expect((await me(service.url, world.phone.accessToken)).status).toBe(401);
  expect((await refresh(service.url, world.phone.refreshToken)).status).toBe(401);
  expect(await opens(world, world.person.password)).toBe(401);
}

for (const act of acts) {
  const make = async () => {
    const world = await makeWorld(act);
    if (act.name.startsWith('the purge'))
      await service.query(`UPDATE users SET pending_until = now() - interval '1 minute' WHERE id = $1`, [world.userId]);
    return world;
  };
  const check = async (world: World, byReset: Status, other: Status) => {
    await act.check(world, byReset, other);
    await checkReset(world, byReset);
  };

  it(`a reset, held before each of its statements during ${act.name}: one wins, nothing is between`, () =>
    interleavings.atEach({
      makeWorld: make,
      held: reset,
      other: (world) => act.run(world),
      check: (world, [byReset, other]) => check(world, byReset, other),
    }));

  it(`a reset during ${act.name} that is held before each of its statements: one wins, nothing is between`, () =>
    interleavings.atEach({
      makeWorld: make,
      held: (world) => act.run(world),
      other: reset,
      check: (world, [other, byReset]) => check(world, byReset, other),
    }));
}
