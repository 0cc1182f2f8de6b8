// The steps of clients, a thief, an operator and time, and how each compares the service with the model.
import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect } from 'vitest';
import { AccountStatus } from '../../src/accounts/account-status.js';
// Only a forger parses a token.
import type { SessionRef } from '../../src/tokens/auth-session.js';
import { BrowserSession } from '../../src/tokens/browser-session.js';
import { formatRefreshToken, parseRefreshToken } from '../../src/tokens/refresh-token.js';
import { type Answer, bearer, call, decode, type Person } from './client.js';
import {
  ACCESS_SECONDS,
  type AccessToken,
  edges,
  end,
  endAll,
  judgeAccess,
  judgeRefresh,
  LEEWAY_SECONDS,
  type Model,
  newUser,
  refusals,
  type Refused,
  rotate,
  type Session,
  signedIn,
  type Token,
  type Transport,
} from './refresh-model.js';
import type { ClientKey } from './key-proofs.js';
import type { Service } from './service.js';

export interface Real {
  readonly service: Service;
  readonly person: Person;
  /** Of every bearer session, where they are bound. */
  readonly key?: ClientKey | undefined;
}

/** One step. Steps are plain data: a failure prints them, ready to be stored as a regression. */
export type Step =
  | { do: 'refresh'; device: number; age: number; answer?: 'lost'; over?: 'other' }
  | { do: 'forge'; device: number; what: 'secret' | 'ahead' | 'family' | 'checksum' | 'text' }
  | { do: 'show access'; device: number; age: number }
  | { do: 'wait'; seconds: number }
  | { do: 'sign in'; device: number; remember: boolean }
  | { do: 'log out'; device: number; age: number; token: 'access' | 'refresh' }
  | { do: 'log out everywhere'; device: number; age: number }
  | { do: 'change role' }
  | { do: 'disable' }
  | { do: 'enable' }
  | { do: 'restore'; device: number; back: number };

const device = fc.nat({ max: 1 });
const age = fc.oneof(
  { weight: 12, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: 2, max: 4 }) },
);
const what = fc.constantFrom('secret', 'ahead', 'family', 'checksum', 'text');
const whichToken = fc.constantFrom('access', 'refresh');
const optional = <T>(weight: number, value: T) =>
  fc.oneof({ weight: 20 - weight, arbitrary: fc.constant({}) }, { weight, arbitrary: fc.constant(value) });

const aRefresh = fc
  .tuple(device, age, optional(5, { answer: 'lost' as const }), optional(1, { over: 'other' as const }))
  .map(([device, age, lost, over]): Step => ({ do: 'refresh', device, age, ...lost, ...over }));
/** In seconds: within each grace, within the longer one, beyond both, beyond an access token's life and the idle lives. */
const aWait = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(2, 20, 40) },
  { weight: 3, arbitrary: fc.constantFrom(61, 250, 310) },
  { weight: 2, arbitrary: fc.constantFrom(600, 1_000) },
  { weight: 2, arbitrary: fc.constantFrom(50_000, 87_000, 180_000) },
);
const kind = <K extends Step['do']>(name: K) => fc.constant(name);

const aStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 48, arbitrary: aRefresh },
  { weight: 10, arbitrary: fc.record({ do: kind('wait'), seconds: aWait }) },
  { weight: 10, arbitrary: fc.record({ do: kind('show access'), device, age }) },
  { weight: 10, arbitrary: fc.record({ do: kind('restore'), device, back: fc.nat({ max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ do: kind('forge'), device, what }) },
  { weight: 5, arbitrary: fc.record({ do: kind('sign in'), device, remember: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: kind('change role') }) },
  { weight: 3, arbitrary: fc.record({ do: kind('log out everywhere'), device, age }) },
  { weight: 2, arbitrary: fc.record({ do: kind('log out'), device, age, token: whichToken }) },
  { weight: 1, arbitrary: fc.record({ do: kind('disable') }) },
  { weight: 6, arbitrary: fc.record({ do: kind('enable') }) }, // skipped unless the user is disabled
);

/** Without fast-check's bias towards short sequences. The printed steps replay a failure without a path. */
export const someSteps = fc.noBias(
  fc.commands([aStep.map((step) => new Command(step))], { maxCommands: 32, size: 'max', disableReplayLog: true }),
);

/** A new user who is signed in on both devices. */
export async function begin(given: Real, passwordHash: string, graceSeconds: number) {
  const { service, person } = given;
  const userId = randomUUID();
  const real: Real = { ...given, person: { ...person, email: `${userId}@example.com` } };
  await service.query('INSERT INTO users (id, email, password_hash) VALUES ($1, $2, $3)', [
    userId,
    real.person.email,
    passwordHash,
  ]);
  const model = newUser(userId, (await look(service, userId)).now, graceSeconds);
  service.log.length = 0;
  for (const device of [0, 1]) await new Command({ do: 'sign in', device, remember: false }).run(model, real);
  return { model, real };
}

const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };

const transportOf = (device: number): Transport => (device === 0 ? 'bearer' : 'cookie');
const other = (transport: Transport): Transport => (transport === 'bearer' ? 'cookie' : 'bearer');

function sessionOn({ sessions }: Model, device: number): Session {
  const session = sessions.findLast(({ transport }) => transport === transportOf(device));
  if (!session) throw new Error('every device is signed in from the start');
  return session;
}

export class Command implements fc.AsyncCommand<Model, Real> {
  constructor(readonly step: Step) {}

  toString(): string {
    return JSON.stringify(this.step);
  }

  check(model: Readonly<Model>): boolean {
    const { step } = this;
    if (step.do === 'sign in' || step.do === 'disable') return !model.isDisabled;
    if (step.do === 'enable') return model.isDisabled;
    if (step.do === 'restore') return step.back < sessionOn(model, step.device).backups.length;
    if (!('age' in step)) return true;
    const { accessTokens, tokens } = sessionOn(model, step.device);
    const isAccess = step.do === 'show access' || step.do === 'log out everywhere';
    const held = isAccess || (step.do === 'log out' && step.token === 'access') ? accessTokens : tokens;
    return step.age < held.length;
  }

  run(model: Model, real: Real): Promise<void> {
    return take(this.step, model, real);
  }
}

async function take(step: Step, model: Model, real: Real): Promise<void> {
  const { log } = real.service;
  const before = { now: model.now, edges: edges(model) };
  const settle = await (acts[step.do] as Act<any>)(model, real, step);
  const seen = await look(real.service, model.userId);
  // A stalled machine may delay a request beyond an edge; such a sequence proves nothing.
  const isStraddled = before.edges.some((edge) => edge > before.now - 1 && edge < seen.now + 1);
  fc.pre(step.do === 'wait' || !isStraddled);

  const alerts = settle(seen) ?? [];
  expect(log.filter((line) => line['alert'] === true)).toMatchObject(alerts);
  log.length = 0;
  expect(seen.rows.map(({ row }) => row)).toEqual(model.sessions.map(rowThatMustBe).toSorted(byId));
  for (const { id, row, backups, isDenied } of model.sessions) {
    const stored = seen.rows.find((found) => found.row.id === id)?.stored;
    if (stored && !isDenied && row !== backups.at(-1)?.row) backups.push({ row, stored });
  }
  model.now = seen.now;
}

/** Compares the answer with the model, updates the model, and returns the expected alerts. */
type Settle = (seen: Seen) => object[] | void;

type Act<K extends Step['do']> = (model: Model, real: Real, step: Step & { do: K }) => Promise<Settle>;

const acts: { readonly [K in Step['do']]: Act<K> } = {
  async refresh(model, real, { device, age, answer, over }) {
    const session = sessionOn(model, device);
    const transport = over === 'other' ? other(session.transport) : session.transport;
    return spend(model, real, session, { token: nth(session.tokens, age), transport, isLost: answer === 'lost' });
  },

  async forge(model, real, { device, what }) {
    const session = sessionOn(model, device);
    const { text, generation } = nth(session.tokens, 0);
    const parts = parseRefreshToken(text);
    if (!parts) throw new Error('the model holds a token that is none');
    if (what === 'secret' || what === 'ahead') {
      const token = { ...parts, secret: randomBytes(32), generation: what === 'ahead' ? generation + 1 : generation };
      const forged = { text: formatRefreshToken(token), generation: token.generation };
      return spend(model, real, session, { token: forged, transport: session.transport });
    }
    const forgeries = {
      family: formatRefreshToken({ ...parts, selector: randomBytes(16) }),
      checksum: text.slice(0, -1) + (text.endsWith('A') ? 'B' : 'A'),
      text: 'wrt_nothing',
    };
    const answer = await presentRefresh(real, forgeries[what], refOf(model, session), session.transport);
    return () => expectRefusal(answer, 'refresh_token_invalid');
  },

  async 'show access'(model, { service }, { device, age }) {
    const session = sessionOn(model, device);
    const token = nth(session.accessTokens, age);
    const answer = await call(service.url, 'GET', '/auth/me', { headers: carry(session, token) });
    return () => {
      const verdict = judgeAccess(model, session, token);
      if (verdict !== 'live') return expectRefusal(answer, verdict);
      expectSuccess(answer, 200);
      expect(answer.json).toMatchObject({ id: model.userId, sessionId: session.id, role: model.role });
    };
  },

  async wait(model, { service }, { seconds }) {
    let target = model.now + seconds * 1000;
    for (const edge of edges(model).toSorted((a, b) => a - b)) {
      if (edge > target - 100 && edge < target + 2_000) target = edge + 100;
    }
    await service.advance((target - model.now) / 1000);
    return () => undefined;
  },

  async 'sign in'(model, real, { device, remember: persistent }) {
    const { service, person } = real;
    const transport = transportOf(device);
    const body = { ...person, transport, remember: persistent };
    const headers = transport === 'bearer' ? await proofOf(real, '/auth/login') : {};
    const answer = await call(service.url, 'POST', '/auth/login', { body, headers });
    return (seen) => {
      expectSuccess(answer, 200);
      const { successor: first, access } = readGrant(answer, transport);
      const id = decode(access)['sid'] as string;
      const session = signedIn(model, { id, transport, persistent, startedAt: rotationIn(seen, id, model.now) }, first);
      session.accessTokens.push(checkGrant(model, session, answer, access, seen));
    };
  },

  async 'log out'(model, real, { device, age, token }) {
    const { service } = real;
    const session = sessionOn(model, device);
    const held = token === 'access' ? session.accessTokens : session.tokens;
    const { text } = nth<{ text: string }>(held, age);
    const overCookie = session.transport === 'cookie';
    const [method, path, options] =
      token === 'access'
        ? (['POST', '/auth/logout', { headers: carry(session, { text }) }] as const)
        : overCookie
          ? (['DELETE', '/auth/refresh', { headers: cookiesOf(real, text, refOf(model, session)) }] as const)
          : ([
              'POST',
              '/auth/logout',
              { body: { refreshToken: text }, headers: await proofOf(real, '/auth/logout') },
            ] as const);
    const answer = await call(service.url, method, path, options);
    return () => {
      expectSuccess(answer, 204);
      end(session);
    };
  },

  async 'log out everywhere'(model, { service }, { device, age }) {
    const session = sessionOn(model, device);
    const token = nth(session.accessTokens, age);
    const answer = await call(service.url, 'POST', '/auth/logout-all', { headers: carry(session, token) });
    return () => {
      const verdict = judgeAccess(model, session, token);
      if (verdict !== 'live') return expectRefusal(answer, verdict);
      expectSuccess(answer, 204);
      endAll(model);
    };
  },

  async 'change role'(model, { service }) {
    const role = model.role === 'user' ? 'admin' : 'user';
    await service.app.get(AccountStatus).changeRole(model.userId, role, { by: 'operator', caller: operator });
    return () => {
      model.role = role;
      model.version++;
    };
  },

  /** By hand, without the counters that AccountStatus increments: the column alone must suffice. */
  async disable(model, { service }) {
    await service.query('UPDATE users SET disabled_at = protocol_now() WHERE id = $1', [model.userId]);
    return () => {
      model.isDisabled = true;
    };
  },

  async enable(model, { service }) {
    await service.query('UPDATE users SET disabled_at = NULL WHERE id = $1', [model.userId]);
    return () => {
      model.isDisabled = false;
    };
  },

  /** As after a restore of the two tables with the session; the user's counters stay. */
  async restore(model, { service }, { device, back }) {
    const session = sessionOn(model, device);
    const { row, stored } = nth(session.backups, back);
    const key = [model.userId, session.id];
    await service.query('DELETE FROM access_revocations WHERE user_id = $1 AND ref = $2', key);
    await service.query('DELETE FROM refresh_tokens WHERE user_id = $1 AND id = $2', key);
    await service.query('INSERT INTO refresh_tokens SELECT * FROM jsonb_populate_record(NULL::refresh_tokens, $1)', [
      stored,
    ]);
    return () => {
      session.row = row;
      session.isDenied = false;
    };
  },
};

async function spend(
  model: Model,
  real: Real,
  session: Session,
  { token, transport, isLost = false }: { token: Token; transport: Transport; isLost?: boolean },
): Promise<Settle> {
  const verdict = judgeRefresh(model, session, token, transport);
  const isBound = real.key !== undefined && session.transport === 'bearer';
  if (isBound && transport === 'bearer') {
    // A copy without the key comes first, whatever it is a copy of: all goes on as if it had not come.
    const { key: _none, ...thief } = real;
    const answer = await presentRefresh(thief, token.text, refOf(model, session), transport);
    expectRefusal(answer, verdict === 'refresh_token_invalid' ? verdict : 'dpop_proof_invalid');
  }
  const answer = await presentRefresh(real, token.text, refOf(model, session), transport);
  return (seen) => {
    if (verdict === 'rotation' || verdict === 'replay') {
      expectSuccess(answer, 200);
      const { successor, access } = readGrant(answer, transport);
      if (verdict === 'replay') {
        expect(successor).toBe(session.row.current);
        session.row = { ...session.row, replays: session.row.replays + 1 };
      } else {
        expect(session.issued).not.toContain(successor);
        rotate(session, successor, rotationIn(seen, session.id, model.now));
      }
      session.issued.add(successor);
      const accessToken = checkGrant(model, session, answer, access, seen);
      if (isLost) return [];
      session.accessTokens.push(accessToken);
      if (session.tokens.at(-1)?.text !== successor) {
        session.tokens.push({ text: successor, generation: session.row.generation });
      }
      return [];
    }
    expectRefusal(answer, verdict);
    if (verdict !== 'refresh_token_reused') return [];
    const generationsBehind = session.row.generation - token.generation;
    end(session);
    const gravity = generationsBehind === 1 ? 'lost_response' : 'copied_client';
    return [{ event: 'refresh.reused', sessionId: session.id, generationsBehind, gravity }];
  };
}

/** The tokens of an answer, which must use this transport only. */
function readGrant({ json, cookies }: Answer, transport: Transport): { successor: string; access: string } {
  const { refreshToken, accessToken } = json;
  const inCookie = (name: string) => cookies.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
  const [refreshCookie, accessCookie] = ['refresh_token', 'access_token'].map((name) => inCookie(name)?.split(';')[0]);
  expect([refreshToken, accessToken].every((text) => typeof text === 'string')).toBe(transport === 'bearer');
  expect([refreshCookie, accessCookie].every((text) => typeof text === 'string')).toBe(transport === 'cookie');
  return transport === 'bearer'
    ? { successor: refreshToken as string, access: accessToken as string }
    : { successor: refreshCookie ?? '', access: accessCookie ?? '' };
}

function checkGrant(model: Model, session: Session, { json }: Answer, access: string, seen: Seen): AccessToken {
  const { id, row, persistent, absoluteEnd } = session;
  const { generation } = row;
  expect(json['session']).toEqual({ id, persistent, generation, expiresAt: new Date(row.expiresAt).toISOString() });
  const { iat, exp, jti, ...claims } = decode(access);
  expect(claims).toMatchObject({
    ...{ sub: model.userId, sid: id, role: model.role, tokenVersion: model.version },
    auth_time: Math.floor(session.startedAt / 1000),
  });
  expect(iat).toBeGreaterThanOrEqual(Math.floor(model.now / 1000));
  expect(iat).toBeLessThanOrEqual(Math.floor(seen.now / 1000));
  expect(exp).toBe(Math.min(iat + ACCESS_SECONDS, Math.floor(absoluteEnd / 1000)));
  expect(model.tokenIds).not.toContain(jti);
  model.tokenIds.add(jti);
  return { text: access, version: model.version, deadAt: (exp + LEEWAY_SECONDS) * 1000 };
}

function expectRefusal({ status, json, cookies }: Answer, code: Refused): void {
  const [expected, session] = refusals[code];
  expect({ status, code: json['code'], session: json['session'] }).toEqual({ status: expected, code, session });
  expect(cookies).toEqual([]);
}

/** The body says why not. */
function expectSuccess({ status, json }: Answer, expected: 200 | 204): void {
  expect({ status, code: json['code'] }).toEqual({ status: expected, code: undefined });
}

async function presentRefresh(real: Real, text: string, session: SessionRef, over: Transport): Promise<Answer> {
  const path = '/auth/refresh';
  const { url } = real.service;
  if (over === 'cookie') return call(url, 'POST', path, { headers: cookiesOf(real, text, session) });
  return call(url, 'POST', path, { body: { refreshToken: text }, headers: await proofOf(real, path) });
}

/** By the service's time, which the steps move. */
const proofOf = async ({ service, key }: Real, path: string) =>
  key ? key.headers(path, { claims: { iat: Math.floor(service.clock.now().getTime() / 1_000) } }) : {};

const refOf = ({ userId }: Model, { id }: Session): SessionRef => ({ userId, sessionId: id });

/** What a browser of this session sends to the one path of the refresh cookie. */
function cookiesOf({ service }: Real, refreshToken: string, session: SessionRef): { cookie: string } {
  const value = service.app.get(BrowserSession).valueFor(session);
  return { cookie: `auth_session=${value}; refresh_token=${refreshToken}` };
}

const carry = ({ transport }: Session, { text }: { text: string }): Record<string, string> =>
  transport === 'cookie' ? { cookie: `access_token=${text}` } : bearer(text);

/** Counted from the newest. */
function nth<T>(held: readonly T[], age: number): T {
  const found = held.at(-1 - age);
  if (found === undefined) throw new Error('nothing that old is held');
  return found;
}

type Stored = Readonly<Record<string, any>>;

interface Seen {
  /** The database's time after the step. */
  readonly now: number;
  readonly rows: readonly { readonly row: ReturnType<typeof rowThatMustBe>; readonly stored: Stored }[];
}

async function look(service: Service, userId: string): Promise<Seen> {
  const [found] = await service.query<{ now: number; rows: Stored[] }>(
    `SELECT (extract(epoch FROM protocol_now()) * 1000)::float8 AS now, coalesce(jsonb_agg(to_jsonb(s)), '[]') AS rows
       FROM refresh_tokens s WHERE s.user_id = $1`,
    [userId],
  );
  const rows = (found?.rows ?? []).map((stored) => ({ row: rowAsStored(stored), stored }));
  return { now: found?.now ?? Number.NaN, rows: rows.toSorted((a, b) => byId(a.row, b.row)) };
}

function rowAsStored(stored: Stored): ReturnType<typeof rowThatMustBe> {
  return {
    id: stored['id'],
    generation: stored['generation'],
    hasPrevious: stored['previous_token'] !== null,
    rotatedAt: Date.parse(stored['rotated_at']),
    expiresAt: Date.parse(stored['expires_at']),
    absoluteEnd: Date.parse(stored['absolute_expires_at']),
    replays: stored['replays'],
    isEnded: stored['revoked'],
    epoch: stored['session_epoch'],
    transport: stored['transport'],
    persistent: stored['persistent'],
  };
}

function rowThatMustBe({ id, row, epoch, transport, persistent, absoluteEnd }: Session) {
  const { generation, previous, rotatedAt, expiresAt, replays, isEnded } = row;
  const hasPrevious = previous !== undefined;
  return {
    ...{ id, generation, hasPrevious, rotatedAt, expiresAt, absoluteEnd, replays, isEnded },
    ...{ epoch, transport, persistent },
  };
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

/** The rotation time in the row, which must lie within the step. */
function rotationIn(seen: Seen, sessionId: string, since: number): number {
  const rotatedAt = seen.rows.find(({ row }) => row.id === sessionId)?.row.rotatedAt;
  expect(rotatedAt).toBeGreaterThanOrEqual(Math.floor(since));
  expect(rotatedAt).toBeLessThanOrEqual(seen.now);
  return rotatedAt ?? Number.NaN;
}
