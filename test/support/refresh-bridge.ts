// The steps of models/refresh.pml on the real service: two tabs and a thief, each with an instance of its own, whose
// statements take turns.
import { hashOf, parseRefreshToken } from '../../src/tokens/refresh-token.js';
import { type Answer, bearer, call, mobile, refresh, type Tokens } from './client.js';
import { sureOfRedis } from './instances.js';
import { type Held, PostgresProxy } from './postgres-proxy.js';
import { Gate, replay, type Steps } from './schedules.js';
import { cloneDatabase, type Service, startService } from './service.js';
import { stopTime } from './still-time.js';

/** The processes of the model: the tabs are 0 and 1, the thief is 2. */
const PROCESSES = 3;
/** Of the model's clock; the second tick is beyond REFRESH_GRACE_SECONDS, the first is not. */
const TICK_SECONDS = 40;
const GRACE_TICKS = 2;

/** The statements that are steps of the model, under their names there. */
const statements: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['rotation', /set previous_token = s\.token/],
  ['read_family', / as is_previous/],
  ['replay', /set replays = s\.replays \+ 1/],
  ['endedForReuse', /revoked_reason = 'reuse'/],
];
const ANY = /set previous_token = s\.token| as is_previous|set replays = s\.replays \+ 1|revoked_reason = 'reuse'/;

interface Instance {
  readonly service: Service;
  readonly gate: Gate;
  stop(): Promise<void>;
}

export async function startRefreshBridge(): Promise<readonly Instance[]> {
  const databaseUrl = await cloneDatabase();
  const instances = await Promise.all(Array.from({ length: PROCESSES }, () => startInstance(databaseUrl)));
  await stopTime(firstOf(instances).service);
  return instances;
}

async function startInstance(databaseUrl: string): Promise<Instance> {
  const proxy = await PostgresProxy.before(databaseUrl);
  const settings = { ...sureOfRedis, RATE_LIMITS: 'off', MFA_REQUIRED_ROLES: 'none', REFRESH_GRACE_SECONDS: '60' };
  const service = await startService(settings, { databaseUrl: proxy.url });
  const gate = new Gate();
  proxy.holdEach(ANY, gate.meet);
  const stop = async () => {
    await service.stop();
    proxy.close();
  };
  return { service, gate, stop };
}

function firstOf(instances: readonly Instance[]): Instance {
  const [first] = instances;
  if (!first) throw new Error('no instance runs');
  return first;
}

/** A successful answer. */
interface Given {
  readonly presented: number;
  readonly token: string;
  /** The time of the answer. */
  readonly tick: number;
}

interface Row {
  readonly token: string;
  readonly previous_token: string | null;
  readonly generation: number;
  readonly replays: number;
  /** Events that page the operator. */
  readonly alerts: number;
}

class RefreshRun {
  private tick = 0;
  /** The tokens of the session by their numbers in the model: hashes, and when each became the row's. */
  private readonly hashes: string[];
  private readonly madeAt = [0];
  private readonly texts = new Map<string, string>();
  private readonly presented: number[] = [];
  private readonly acts: Promise<void>[] = [];
  private readonly given: Given[] = [];

  constructor(
    private readonly instances: readonly Instance[],
    private readonly phone: Tokens,
  ) {
    this.hashes = [this.note(phone.refreshToken)];
  }

  readonly steps: Steps = [
    [/^time: (\d)$/, (tick = '') => this.moveTime(Number(tick))],
    [/^(\d): presents token (\d)$/, (who = '', token = '') => this.present(Number(who), Number(token))],
    [/^(\d): looks: /, (who = '') => this.take(Number(who), 'read_family', 'looks')],
    [
      /^(\d): (rotation|read_family|replay|endedForReuse)\b/,
      (who = '', name = '') => this.take(Number(who), name, name),
    ],
    [/^a logout is committed$/, () => this.logOut()],
  ];

  /** Lets everything end. @returns the invariants that do not hold */
  async end(): Promise<string[]> {
    for (const { gate } of this.instances) gate.open();
    await Promise.all(this.acts);
    const broken: string[] = [];
    const successors = new Map<number, Set<string>>();
    for (const { presented, token } of this.given)
      successors.set(presented, (successors.get(presented) ?? new Set()).add(token));
    if ([...successors.values()].some(({ size }) => size > 1)) broken.push('R1');
    if ((await this.row()).alerts > 1) broken.push('R2');
    if (this.given.some(({ token, tick }) => tick >= this.madeAtOf(token) + GRACE_TICKS)) broken.push('R3');
    return broken;
  }

  private async moveTime(tick: number): Promise<string> {
    await this.service.advance((tick - this.tick) * TICK_SECONDS);
    this.tick = tick;
    return `time: ${tick}`;
  }

  private async present(who: number, number: number): Promise<string> {
    const { service, gate } = this.instance(who);
    const text = this.texts.get(this.hashes[number] ?? '') ?? '';
    gate.close();
    this.presented[who] = number;
    this.acts[who] = refresh(service.url, text).then((answer) => this.keep(number, answer));
    await gate.next(this.actOf(who));
    return `${who}: presents token ${number}`;
  }

  private keep(presented: number, { status, json }: Answer): void {
    if (status !== 200) return;
    const { refreshToken } = json as Tokens;
    this.given.push({ presented, token: this.note(refreshToken), tick: this.tick });
  }

  /** Lets the next statement pass if it is this one. */
  private async take(who: number, name: string, as: string): Promise<string> {
    const { gate } = this.instance(who);
    const next = await gate.next(this.actOf(who));
    if (!next) return `${who}: is over`;
    const found = nameOf(next);
    if (found !== name) return `${who}: ${found} is next`;
    const before = await this.row();
    await gate.pass(next);
    const done = this.describe(who, as, before, await this.row());
    next.answer();
    await gate.next(this.actOf(who));
    return `${who}: ${done}`;
  }

  private describe(who: number, as: string, before: Row, after: Row): string {
    const presented = this.presented[who] ?? 0;
    const hash = this.hashes[presented];
    if (as === 'looks') return `looks: the token is current ${before.token === hash ? 1 : 0}`;
    if (as === 'read_family') {
      const [current, previous] = [this.numberOf(before.token), this.numberOf(before.previous_token)];
      return `read_family: presented ${presented}, current ${current}, previous ${previous}`;
    }
    if (as === 'replay' && after.replays > before.replays)
      return `replay of ${presented}: the successor is ${this.numberOf(after.token)}`;
    if (as === 'rotation' && after.token !== before.token) {
      this.madeAt[this.hashes.push(after.token) - 1] = this.tick;
      return `rotation: token ${this.numberOf(after.token)} of generation ${after.generation}`;
    }
    if (as === 'endedForReuse' && after.alerts > before.alerts)
      return `endedForReuse: token ${presented} was presented, ${after.alerts} alert(s)`;
    return `${as} finds nothing`;
  }

  private async logOut(): Promise<string> {
    const headers = bearer(this.phone.accessToken);
    const { status } = await call(this.service.url, 'POST', '/auth/logout', { headers });
    return status === 204 ? 'a logout is committed' : `a logout is answered with ${status}`;
  }

  private async row(): Promise<Row> {
    const [row] = await this.service.query<Row>(
      `SELECT token, previous_token, generation, replays, (SELECT count(*)::int FROM audit_events e
                WHERE e.user_id = s.user_id AND e.type = 'refresh.reused') AS alerts
         FROM refresh_tokens s WHERE user_id = $1 AND id = $2`,
      [this.phone.user.id, this.phone.session.id],
    );
    if (!row) throw new Error('The session has gone.');
    return row;
  }

  /** @returns the hash by which the row names the token */
  private note(text: string): string {
    const token = parseRefreshToken(text);
    if (!token) throw new Error('That is no refresh token.');
    this.texts.set(hashOf(token), text);
    return hashOf(token);
  }

  /** The model's number of a token; its number for none is 15. */
  private numberOf(hash: string | null): number {
    return hash === null ? 15 : this.hashes.indexOf(hash);
  }

  private madeAtOf(hash: string): number {
    return this.madeAt[this.numberOf(hash)] ?? Number.NaN;
  }

  private get service(): Service {
    return firstOf(this.instances).service;
  }

  private instance(who: number): Instance {
    const instance = this.instances[who];
    if (!instance) throw new Error(`The model has no process ${who}.`);
    return instance;
  }

  private actOf(who: number): Promise<void> {
    const act = this.acts[who];
    if (!act) throw new Error(`${who} has presented no token.`);
    return act;
  }
}

/** @returns what the service did instead of each line, and the invariants that do not hold at the end */
export async function replayRefresh(instances: readonly Instance[], lines: readonly string[]) {
  const run = new RefreshRun(instances, await mobile(firstOf(instances).service.url));
  const instead = await replay(lines, run.steps).finally(() => instances.forEach(({ gate }) => gate.open()));
  return { instead, broken: await run.end() };
}

const nameOf = ({ statement }: Held) => statements.find(([, pattern]) => pattern.test(statement))?.[0] ?? '';
