// A model of the refresh protocol that shares no code with the service: its tokens are opaque strings.

const DAY = 86_400_000;
export const ACCESS_SECONDS = 900;
export const LEEWAY_SECONDS = 30;

/** Short lives, so that ten thousand sequences stay within the range of dates. The grace is the caller's choice. */
export const modelSettings = {
  REFRESH_IDLE_DAYS: '1',
  REFRESH_REMEMBER_DAYS: '2',
  REFRESH_ABSOLUTE_DAYS: '3',
  ACCESS_TOKEN_TTL_SECONDS: String(ACCESS_SECONDS),
  RATE_LIMITS: 'off',
  MFA_REQUIRED_ROLES: 'none', // a step makes the user an administrator, who signs in by password
};

export type Transport = 'bearer' | 'cookie';

export interface Token {
  readonly text: string;
  readonly generation: number;
}

export interface AccessToken {
  readonly text: string;
  readonly version: number;
  /** It is refused from this instant on. */
  readonly deadAt: number;
}

/** The expected row of a session; replaced as a whole, so that an older one can be restored. */
interface Row {
  readonly generation: number;
  readonly current: string;
  readonly previous: string | undefined;
  readonly rotatedAt: number;
  readonly expiresAt: number;
  readonly replays: number;
  readonly isEnded: boolean;
}

export interface Session {
  readonly id: string;
  readonly transport: Transport;
  readonly persistent: boolean;
  readonly epoch: number;
  readonly startedAt: number;
  readonly absoluteEnd: number;
  row: Row;
  /** Its access tokens are refused. */
  isDenied: boolean;
  /** The tokens of the client, oldest first, without those of lost answers. */
  readonly tokens: Token[];
  readonly accessTokens: AccessToken[];
  /** Every refresh token that was ever issued, including lost ones. */
  readonly issued: Set<string>;
  /** The rows of possible backups, as the database wrote them, with the model's state at that time. */
  readonly backups: { readonly row: Row; readonly stored: object }[];
}

export interface Model {
  now: number;
  /** In milliseconds. */
  readonly grace: number;
  readonly userId: string;
  role: 'user' | 'admin';
  version: number;
  epoch: number;
  isDisabled: boolean;
  /** In the order of sign-ins; a device uses its last session. */
  readonly sessions: Session[];
  readonly tokenIds: Set<string>;
}

export type Refused =
  | 'refresh_token_invalid'
  | 'refresh_token_reused'
  | 'session_state_lost'
  | 'transport_mismatch'
  | 'dpop_proof_invalid'
  | 'token_expired'
  | 'token_revoked'
  | 'token_stale';

export const refusals: Readonly<Record<Refused, readonly [status: number, session: 'keep' | 'ended']>> = {
  refresh_token_invalid: [401, 'ended'],
  refresh_token_reused: [401, 'ended'],
  session_state_lost: [401, 'ended'],
  transport_mismatch: [400, 'keep'],
  dpop_proof_invalid: [400, 'keep'],
  token_expired: [401, 'keep'],
  token_revoked: [401, 'ended'],
  token_stale: [401, 'keep'],
};

export function judgeRefresh(
  model: Model,
  { row, ...session }: Session,
  token: Token,
  over: Transport,
): Refused | 'rotation' | 'replay' {
  const { now, grace } = model;
  const isOver = row.isEnded || now >= row.expiresAt || now >= session.absoluteEnd || session.epoch !== model.epoch;
  if (isOver || model.isDisabled) return 'refresh_token_invalid';
  if (over !== session.transport) return 'transport_mismatch';
  if (token.text === row.current) return 'rotation';
  if (token.text === row.previous && now < row.rotatedAt + grace) return 'replay';
  return token.generation > row.generation ? 'session_state_lost' : 'refresh_token_reused';
}

export function judgeAccess(model: Model, session: Session, token: AccessToken): Refused | 'live' {
  if (model.now >= token.deadAt) return 'token_expired';
  if (session.isDenied) return 'token_revoked';
  return token.version === model.version ? 'live' : 'token_stale';
}

/** A user with a row and nothing else in the database. */
export const newUser = (userId: string, now: number, graceSeconds: number): Model => ({
  now,
  grace: graceSeconds * 1000,
  userId,
  role: 'user',
  version: 1,
  epoch: 1,
  isDisabled: false,
  sessions: [],
  tokenIds: new Set(),
});

const idleLife = (persistent: boolean) => (persistent ? 2 : 1) * DAY;

export function signedIn(
  { sessions, epoch }: Model,
  session: Pick<Session, 'id' | 'transport' | 'persistent' | 'startedAt'>,
  first: string,
): Session {
  const { startedAt, persistent } = session;
  const expiresAt = startedAt + idleLife(persistent);
  const times = { rotatedAt: startedAt, expiresAt };
  const begun: Session = {
    ...session,
    epoch,
    absoluteEnd: startedAt + 3 * DAY,
    row: { generation: 0, current: first, previous: undefined, ...times, replays: 0, isEnded: false },
    isDenied: false,
    tokens: [{ text: first, generation: 0 }],
    accessTokens: [],
    issued: new Set([first]),
    backups: [],
  };
  sessions.push(begun);
  return begun;
}

export function rotate(session: Session, successor: string, rotatedAt: number): void {
  const { generation, current } = session.row;
  session.row = {
    generation: generation + 1,
    current: successor,
    previous: current,
    rotatedAt,
    expiresAt: Math.min(rotatedAt + idleLife(session.persistent), session.absoluteEnd),
    replays: 0,
    isEnded: false,
  };
}

export function end(session: Session): void {
  session.isDenied = true;
  if (!session.row.isEnded) session.row = { ...session.row, isEnded: true, previous: undefined };
}

export function endAll(model: Model): void {
  model.version++;
  model.epoch++;
  for (const session of model.sessions) if (!session.row.isEnded) end(session);
}

/** The instants at which a verdict changes: no request may straddle one. */
export const edges = ({ sessions, grace }: Model): number[] =>
  sessions.flatMap(({ row, absoluteEnd, accessTokens }) => [
    row.rotatedAt + grace,
    row.expiresAt,
    absoluteEnd,
    ...accessTokens.map(({ deadAt }) => deadAt),
  ]);
