// A Redis master with a replica, alone and with Sentinels, for tests of fail-overs.
import { RedisServer, startRedis, type StartRedis } from './redis.js';
import { until } from './until.js';

type Options = Pick<StartRedis, 'args' | 'password' | 'tls' | 'isKept'>;

/** Disconnects the replicas and refuses them afterwards, so that they miss the next writes. */
export async function cutReplication(master: RedisServer): Promise<void> {
  await master.cli('ACL', 'SETUSER', 'default', '-psync', '-sync');
  await master.cli('CLIENT', 'KILL', 'TYPE', 'replica');
  await until('no replica is left', async () => (await master.info('connected_slaves')) === '0');
}

async function restoreReplication(master: RedisServer, replicas = 1): Promise<void> {
  await master.cli('ACL', 'SETUSER', 'default', '+psync', '+sync');
  await untilInSync(master, replicas);
}

/** The master's view, which is later than the replica's, and which WAIT uses. */
export const untilInSync = (master: RedisServer, replicas = 1): Promise<void> =>
  until(`${replicas} replicas of ${master.port} are in sync`, async () => {
    const text = String(await master.cli('INFO', 'replication'));
    return text.split('state=online').length - 1 >= replicas;
  });

export interface ReplicaPair {
  readonly master: RedisServer;
  /** Answers reads, and answers writes with READONLY. */
  readonly replica: RedisServer;
  cutReplication(): Promise<void>;
  restoreReplication(): Promise<void>;
  /** Promotes the replica; the test handles the old master. */
  promote(): Promise<void>;
  remove(): Promise<void>;
}

export async function startReplicaPair(options: Options = {}): Promise<ReplicaPair> {
  const master = await startRedis(options);
  const replica = await startReplicaOf(master, options);
  await untilInSync(master);
  return {
    master,
    replica,
    cutReplication: () => cutReplication(master),
    restoreReplication: () => restoreReplication(master),
    promote: () => replica.cli('REPLICAOF', 'NO', 'ONE'),
    remove: async () => void (await Promise.all([master, replica].map((server) => server.remove()))),
  };
}

function startReplicaOf(master: RedisServer, options: Options): Promise<RedisServer> {
  const args = ['--replicaof', master.host, `${master.port}`, ...(options.args ?? [])];
  return startRedis({ ...options, args });
}

export interface SentinelSet {
  readonly name: string;
  readonly sentinels: readonly RedisServer[];
  /** All servers, in any role. */
  readonly servers: readonly RedisServer[];
  /** The master according to the Sentinels. */
  master(): Promise<RedisServer>;
  /** Kills the master (or stops it with SIGSTOP) and waits until the Sentinels agree on another. */
  failOver(how?: 'kill' | 'pause'): Promise<{ readonly before: RedisServer; readonly after: RedisServer }>;
  remove(): Promise<void>;
}

interface SentinelOptions extends Options {
  readonly replicas?: number;
  readonly sentinelPassword?: string;
}

/** Three Sentinels with quorum 2; with `tls` they use TLS, too. */
export async function startSentinelSet(options: SentinelOptions = {}): Promise<SentinelSet> {
  const { replicas = 1, sentinelPassword, ...common } = options;
  const name = 'watchword';
  const first = await startRedis(common);
  const others = await Promise.all(Array.from({ length: replicas }, () => startReplicaOf(first, common)));
  await untilInSync(first, replicas);
  const servers = [first, ...others];
  const sentinel = [
    `sentinel monitor ${name} ${first.host} ${first.port} 2`,
    `sentinel down-after-milliseconds ${name} 600`,
    `sentinel failover-timeout ${name} 3000`,
    ...(common.password === undefined ? [] : [`sentinel auth-pass ${name} ${common.password}`]),
    ...(sentinelPassword === undefined ? [] : [`sentinel sentinel-pass ${sentinelPassword}`]),
  ];
  const { tls, isKept } = common;
  const watcher = { sentinel, ...(tls && { tls }), ...(isKept && { isKept }) };
  const password = sentinelPassword === undefined ? {} : { password: sentinelPassword };
  const sentinels = await Promise.all([0, 1, 2].map(() => startRedis({ ...watcher, ...password })));
  await Promise.all(sentinels.map((one) => one.cli('SENTINEL', 'DEBUG', ...haste)));
  for (const one of sentinels) await until('the Sentinels know each other', () => knows(one, name, replicas));

  const named = async (one: RedisServer) => {
    const [, port] = await one.cli('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name);
    return servers.find((server) => server.port === Number(port));
  };
  const master = async () => {
    const found = sentinels[0] && (await named(sentinels[0]));
    if (!found) throw new Error('the Sentinels name no master');
    return found;
  };
  return {
    ...{ name, sentinels, servers, master },
    async failOver(how = 'kill') {
      const before = await master();
      if (how === 'kill') await before.kill();
      else before.pause();
      await until('the Sentinels agree on another master', async () => {
        const all = await Promise.all(sentinels.map(named));
        return all[0] !== before && all.every((one) => one === all[0]) && (await all[0]?.info('role')) === 'master';
      });
      return { before, after: await master() };
    },
    remove: async () => void (await Promise.all([...sentinels, ...servers].map((server) => server.remove()))),
  };
}

/**
 * Polls and announces more often than by default, and tolerates a machine that stood still. A replica is elected
 * only if its INFO, read once a second, is younger than five pings.
 */
const haste = [
  ...['info-period', 200, 'publish-period', 200, 'ping-period', 400, 'ask-period', 100],
  ...['tilt-period', 1_000, 'default-failover-timeout', 3_000],
];

async function knows(sentinel: RedisServer, name: string, replicas: number): Promise<boolean> {
  const flat = (await sentinel.cli('SENTINEL', 'MASTER', name)) as string[];
  const field = (wanted: string) => Number(flat[flat.indexOf(wanted) + 1]);
  return field('num-other-sentinels') === 2 && field('num-slaves') === replicas;
}
