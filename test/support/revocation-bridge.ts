// The steps of models/revocation.pml on the real service: two instances that check, one that revokes, and a Redis with a
// replica that may take its place.
import { Redis } from '../../src/redis/redis.js';
import { Outbox } from '../../src/revocation/outbox.js';
import { type Answer, call, me, mobile, type Tokens } from './client.js';
import { figure, sureOfRedis } from './instances.js';
import { quieten } from './interleavings.js';
import { type Held, PostgresProxy, signal } from './postgres-proxy.js';
import { startRedisProxy } from './redis-proxy.js';
import { cutReplication, startReplicaPair } from './redis-replication.js';
import type { RedisServer } from './redis.js';
import { Gate, replay, type Steps } from './schedules.js';
import { cloneDatabase, type Service, startService } from './service.js';
import { until } from './until.js';

/** The scripts that are steps of the model, as ioredis knows them, and the step. */
const SCRIPTS = { authCheck: 'asks', authLease: 'LEASE', authFill: 'FILL' };
const READ = /array\(select kind/;
const COMMIT = /commit/i;

interface Instance {
  readonly service: Service;
  readonly gate: Gate;
  /** Deletions that Redis has answered. */
  deletions: number;
  stop(): Promise<void>;
}

export interface RevocationBridge {
  /** Of the checks 1 and 2, which share their reads; of check 3; of the act that revokes. */
  readonly instances: { readonly sharing: Instance; readonly other: Instance; readonly revoking: Instance };
  /** Server n becomes the primary; the other one follows it, and receives nothing. */
  promote(n: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startRevocationBridge(): Promise<RevocationBridge> {
  const pair = await startReplicaPair({ isKept: true });
  await pair.cutReplication();
  const servers = [pair.master, pair.replica];
  let primary = pair.master;
  const endings: (() => void)[] = [];
  const proxy = await startRedisProxy(
    () => primary.port,
    (end) => endings.push(end),
  );
  const databaseUrl = await cloneDatabase();
  const start = (statements: RegExp) => startInstance(databaseUrl, `redis://127.0.0.1:${proxy.port}`, statements);
  const all = await Promise.all([start(READ), start(READ), start(COMMIT)]);
  const [sharing, other, revoking] = all;
  for (const { service, gate } of [sharing, other]) holdScripts(service, gate);

  return {
    instances: { sharing, other, revoking },
    async promote(n) {
      const [heir, old] = [servers[n] ?? primary, servers[1 - n] ?? primary];
      await heir.cli('REPLICAOF', 'NO', 'ONE');
      await cutReplication(heir);
      await old.cli('REPLICAOF', heir.host, heir.port);
      primary = heir;
      proxy.cut();
      proxy.heal();
      await until('every instance speaks to it', async () => {
        const connections = [await connectionsTo(heir), await connectionsTo(old)];
        return connections.join() === `${2 * all.length},0` && all.every(({ service }) => service.app.get(Redis).isUp);
      });
    },
    async stop() {
      for (const instance of all) await instance.stop();
      for (const end of endings) end();
      await pair.remove();
    },
  };
}

async function startInstance(databaseUrl: string, redisUrl: string, statements: RegExp): Promise<Instance> {
  const proxy = await PostgresProxy.before(databaseUrl);
  const settings = { ...sureOfRedis, RATE_LIMITS: 'off', MFA_REQUIRED_ROLES: 'none', REDIS_URL: redisUrl };
  const service = await startService(settings, { databaseUrl: proxy.url });
  await quieten(service);
  await service.app.get(Outbox).beforeApplicationShutdown(); // its rounds are steps of no schedule
  const gate = new Gate();
  proxy.holdEach(statements, gate.meet);
  const stop = async () => {
    await service.stop();
    proxy.close();
  };
  const instance = { service, gate, deletions: 0, stop };
  for (const client of service.app.get(Redis).connections)
    replaceMethod(client, 'del', async (send) => {
      await send();
      instance.deletions++;
    });
  return instance;
}

/** In the client and not on the wire, where one held command would hold up every later one, and end the connection. */
function holdScripts({ app }: Service, gate: Gate): void {
  for (const [script, step] of Object.entries(SCRIPTS))
    replaceMethod(app.get(Redis).client ?? {}, script, (send, args) => {
      const answered = signal();
      return new Promise((done, fail) => {
        const pass = () => {
          const sent = send();
          void answered.given.then(() => sent.then(done, fail));
          return sent;
        };
        gate.meet({ statement: `${step} ${args.join(' ')}`, pass, answer: () => answered.give() });
      });
    });
}

function replaceMethod(
  client: object,
  name: string,
  by: (send: () => Promise<unknown>, args: readonly unknown[]) => Promise<unknown>,
): void {
  const methods = client as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const original = methods[name];
  if (!original) throw new Error(`Redis' client has no ${name}.`);
  methods[name] = (...args) => by(() => original.apply(client, args), args);
}

async function connectionsTo(server: RedisServer): Promise<number> {
  return String(await server.cli('CLIENT', 'LIST')).split(' name=watchword ').length - 1;
}

interface Check {
  readonly act: Promise<Answer>;
  /** It began after the 2xx. */
  readonly isLate: boolean;
}

/** What the model calls broken where a check after the 2xx accepts the token. */
const DEAD_MEANS_DEAD = ['V1', 'V2', 'V3', 'V11'];

class RevocationRun {
  private readonly checks = new Map<string, Check>();
  /** Executed statements whose answer is held, by check; and that of the COMMIT. */
  private readonly unanswered = new Map<string, Held>();
  /** Checks that have nothing left to do but to judge. */
  private readonly hasTruth = new Set<string>();
  private revocation: Promise<Answer> | undefined;
  private isAnswered = false;

  constructor(
    private readonly bridge: RevocationBridge,
    private readonly phone: Tokens,
  ) {}

  readonly steps: Steps = [
    [/^(\d): asks: /, (who = '') => this.ask(who)],
    [
      /^(\d): LEASE/,
      (who = '') => this.take(who, 'LEASE', (_, won) => (won === 1 ? 'LEASE' : 'LEASE: another has it')),
    ],
    [/^(\d): reads PostgreSQL: /, (who = '') => this.take(who, 'reads PostgreSQL', () => this.truth())],
    [/^(\d): FILL: /, (who = '') => this.take(who, 'FILL', (held, filled) => this.filled(who, held, filled))],
    [/^(\d): takes what the other has read$/, (who = '') => this.join(who)],
    [/^(\d): judges: /, (who = '') => this.judge(who)],
    [/^COMMIT$/, () => this.commit()],
    [/^DEL$/, () => this.drop()],
    [/^2xx$/, () => this.answer()],
    [/^promotion of server (\d)$/, (n = '') => this.promote(Number(n))],
  ];

  /** Lets everything end. @returns the invariants that do not hold */
  async end(): Promise<string[]> {
    for (const { gate } of Object.values(this.bridge.instances)) gate.open();
    for (const held of this.unanswered.values()) held.answer();
    const checks = await Promise.all(
      [...this.checks.values()].map(async ({ act, isLate }) => [isLate, await act] as const),
    );
    await this.revocation;
    return checks.some(([isLate, { status }]) => isLate && status === 200) ? DEAD_MEANS_DEAD : [];
  }

  /** The check begins, and its question to Redis is answered. */
  private async ask(who: string): Promise<string> {
    const { service, gate } = this.instanceOf(who);
    const check = { act: me(service.url, this.phone.accessToken), isLate: this.isAnswered };
    this.checks.set(who, check);
    const question = await gate.next(check.act, isQuestion);
    if (!question) return `${who}: asks nothing`;
    const rebuilds = await figure(service, REBUILDS);
    const [[version, , isDead] = []] = (await gate.pass(question)) as [unknown?, unknown?, number?][];
    question.answer();
    if (version !== undefined) {
      this.hasTruth.add(who);
      return `${who}: asks: dead ${isDead}`;
    }
    await until('it has begun or joined a read', async () => (await figure(service, REBUILDS)) > rebuilds);
    return `${who}: asks: nothing is known`;
  }

  /** Lets the next statement of a rebuild pass if it is this one. */
  private async take(who: string, name: string, describe: Describe): Promise<string> {
    const next = await this.next(who);
    if (!next) return `${who}: is over`;
    if (nameOf(next) !== name) return `${who}: ${nameOf(next)} is next`;
    const result = await this.instanceOf(who).gate.pass(next);
    this.unanswered.set(who, next);
    return `${who}: ${await describe(next, result)}`;
  }

  private async truth(): Promise<string> {
    return `reads PostgreSQL: dead ${(await this.isDead()) ? 1 : 0}`;
  }

  private filled(who: string, { statement }: Held, filled: unknown): string {
    this.hasTruth.add(who);
    if (filled !== 1) return 'FILL: the lease is lost';
    return `FILL: dead ${statement.includes(`s:${this.phone.session.id}`) ? 1 : 0}`;
  }

  /** The check has joined the read of another, and ends with it; or it has a statement of its own. */
  private async join(who: string): Promise<string> {
    const next = await this.next(who);
    if (next) return `${who}: ${nameOf(next)} is next`;
    this.hasTruth.add(who);
    return `${who}: takes what the other has read`;
  }

  /** Lets the check end, with every statement that it still has. */
  private async judge(who: string): Promise<string> {
    const { act, isLate } = this.checkOf(who);
    if (this.hasTruth.has(who)) this.letOn(who);
    else await this.letEnd(who);
    const { status } = await act;
    return `${who}: judges: dead ${status === 200 ? 0 : 1}, after the 2xx ${isLate ? 1 : 0}`;
  }

  private async letEnd(who: string): Promise<void> {
    for (let held = await this.next(who); held; held = await this.next(who)) {
      await this.instanceOf(who).gate.pass(held);
      held.answer();
    }
  }

  private async commit(): Promise<string> {
    const next = await this.nextOfRevocation();
    if (!next) return 'the revocation is over';
    await this.bridge.instances.revoking.gate.pass(next);
    this.unanswered.set('COMMIT', next);
    return (await this.isDead()) ? 'COMMIT' : 'COMMIT of something else';
  }

  /** What the instance does before its COMMIT, or after it. */
  private async drop(): Promise<string> {
    const { revoking } = this.bridge.instances;
    const before = revoking.deletions;
    this.letOn('COMMIT');
    const next = await this.nextOfRevocation();
    if (revoking.deletions > before) return 'DEL';
    return next ? 'COMMIT is next' : 'no DEL';
  }

  private async answer(): Promise<string> {
    this.letOn('COMMIT');
    const { status } = (await this.revocation) ?? { status: 0 };
    this.isAnswered = status === 204;
    return this.isAnswered ? '2xx' : `an answer with ${status}`;
  }

  private async promote(n: number): Promise<string> {
    await this.bridge.promote(n);
    return `promotion of server ${n}`;
  }

  /** Begins the revocation if it has not begun. With the refresh token: an access token would be checked itself. */
  private nextOfRevocation(): Promise<Held | undefined> {
    const { service, gate } = this.bridge.instances.revoking;
    const { refreshToken } = this.phone;
    this.revocation ??= call(service.url, 'POST', '/auth/logout', { body: { refreshToken } });
    return gate.next(this.revocation);
  }

  /** Of the rebuild that is under way in the check's instance. */
  private next(who: string): Promise<Held | undefined> {
    this.letOn(who);
    return this.instanceOf(who).gate.next(this.checkOf(who).act, (held) => !isQuestion(held));
  }

  private letOn(whose: string): void {
    this.unanswered.get(whose)?.answer();
    this.unanswered.delete(whose);
  }

  private async isDead(): Promise<boolean> {
    const { service } = this.bridge.instances.other;
    const found = await service.query('SELECT FROM access_revocations WHERE user_id = $1 AND ref = $2', [
      this.phone.user.id,
      this.phone.session.id,
    ]);
    return found.length > 0;
  }

  private instanceOf(who: string): Instance {
    const { sharing, other } = this.bridge.instances;
    return who === '3' ? other : sharing;
  }

  private checkOf(who: string): Check {
    const check = this.checks.get(who);
    if (!check) throw new Error(`Check ${who} has not begun.`);
    return check;
  }
}

type Describe = (held: Held, result: unknown) => string | Promise<string>;

const REBUILDS = 'watchword_verdicts_total{source="rebuild"}';

const isQuestion = (held: Held) => nameOf(held) === 'asks';

function nameOf({ statement }: Held): string {
  if (READ.test(statement)) return 'reads PostgreSQL';
  return statement.split(' ', 1)[0] ?? '';
}

/** @returns what the service did instead of each line, and the invariants that do not hold at the end */
export async function replayRevocation(bridge: RevocationBridge, lines: readonly string[]) {
  const run = new RevocationRun(bridge, await mobile(bridge.instances.revoking.service.url));
  const gates = Object.values(bridge.instances).map(({ gate }) => gate);
  for (const gate of gates) gate.close();
  const instead = await replay(lines, run.steps).finally(() => gates.forEach((gate) => gate.open()));
  return { instead, broken: await run.end() };
}
