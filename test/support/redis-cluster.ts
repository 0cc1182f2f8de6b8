// A real Redis Cluster for one test: three masters and three replicas; a master can be killed.
import { RedisServer, startRedis, type StartRedis } from './redis.js';
import { untilInSync } from './redis-replication.js';
import { until } from './until.js';

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  /** For REDIS_CLUSTER_NODES. */
  readonly addresses: string;
  masterOf(key: string): Promise<RedisServer>;
  replicaOf(key: string): Promise<RedisServer>;
  /** Kills it and waits until its replica has taken over and the cluster is healthy. */
  killMasterOf(key: string): Promise<{ readonly before: RedisServer; readonly after: RedisServer }>;
  remove(): Promise<void>;
}

const SLOTS = 16_384;
const MASTERS = 3;

export async function startCluster(
  options: Pick<StartRedis, 'args' | 'password' | 'tls' | 'isKept'> = {},
): Promise<RedisCluster> {
  const args = [
    ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--cluster-replica-validity-factor', '0'],
    ...(options.args ?? []),
  ];
  const nodes = await Promise.all(Array.from({ length: 2 * MASTERS }, () => startRedis({ ...options, args })));
  await introduce(nodes);
  await Promise.all(nodes.slice(0, MASTERS).map((master) => untilInSync(master)));
  await until('the cluster is well', async () => (await isWell(nodes)) && (await isAgreed(nodes)));
  return clusterOf(nodes);
}

async function introduce(nodes: readonly RedisServer[]): Promise<void> {
  const [first, ...others] = nodes;
  await Promise.all(
    nodes.map(async (node, index) => {
      await node.cli('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      if (index >= MASTERS) return;
      const [from, to] = [index, index + 1].map((share) => Math.round((share * SLOTS) / MASTERS)) as [number, number];
      await node.cli('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
    }),
  );
  for (const { host, port } of others) await first?.cli('CLUSTER', 'MEET', host, port);
  const ids = await Promise.all(nodes.map((node) => node.cli('CLUSTER', 'MYID') as Promise<string>));
  await Promise.all(
    nodes.map(async (node, index) => {
      await until('all nodes know each other', async () => {
        const known = await shards(node);
        return ids.every((id) => known.some((one) => one.id === id));
      });
      if (index >= MASTERS) await node.cli('CLUSTER', 'REPLICATE', ids[index - MASTERS] ?? '');
    }),
  );
}

function clusterOf(nodes: readonly RedisServer[]): RedisCluster {
  const servesNow = async (key: string, role: 'master' | 'slave') => {
    const running = nodes.filter((node) => node.isRunning);
    const slot = Number(await running[0]?.cli('CLUSTER', 'KEYSLOT', key));
    for (const node of running) {
      const seen = await shards(node);
      const mine = seen.find(({ isMyself }) => isMyself);
      const owner = seen.find(({ id }) => id === (mine?.master ?? mine?.id));
      const isOwner = owner?.ranges.some(([from, to]) => from <= slot && slot <= to);
      if (isOwner && (mine?.master === undefined) === (role === 'master')) return node;
    }
    throw new Error(`no ${role} serves ${key}`);
  };
  const masterOf = (key: string) => servesNow(key, 'master');
  return {
    nodes,
    addresses: nodes.map(({ address }) => address).join(','),
    masterOf,
    replicaOf: (key) => servesNow(key, 'slave'),
    async killMasterOf(key) {
      const before = await masterOf(key);
      await before.kill();
      await until('the replica has taken over', async () => (await masterOf(key)).isRunning);
      await until('the cluster is well', () => isWell(nodes));
      return { before, after: await masterOf(key) };
    },
    remove: async () => void (await Promise.all(nodes.map((node) => node.remove()))),
  };
}

async function isWell(nodes: readonly RedisServer[]): Promise<boolean> {
  const running = nodes.filter((node) => node.isRunning);
  const all = await Promise.all(running.map((node) => node.cli('CLUSTER', 'INFO')));
  return all.every((text) => String(text).includes('cluster_state:ok'));
}

/** Until the nodes have exchanged gossip a client does not learn of all replicas. */
async function isAgreed(nodes: readonly RedisServer[]): Promise<boolean> {
  const views = await Promise.all(nodes.map((node) => shards(node)));
  return views.every((view) => view.filter(({ master }) => master !== undefined).length === MASTERS);
}

/** The view of one node: `<id> <address> <flags> <master or -> … <slots>`. */
async function shards(node: RedisServer) {
  const text = (await node.cli('CLUSTER', 'NODES')) as string;
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [id = '', , flags = '', master, , , , , ...slots] = line.split(' ');
      return {
        id,
        isMyself: flags.includes('myself'),
        master: master === '-' ? undefined : master,
        ranges: slots.map((range) => range.split('-').map(Number)).map(([from = -1, to = from]) => [from, to] as const),
      };
    });
}
