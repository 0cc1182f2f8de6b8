// Three PostgreSQL nodes under Patroni, with etcd and HAProxy.
import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import pg from 'pg';
import { freePort } from '../support/redis-process.js';
import { until } from '../support/until.js';
import { Machine, NOBODY } from './children.js';
import { etcdCommand, haproxyConfiguration, type NodePorts, passwords, patroniConfiguration } from './configuration.js';
import { Link } from './link.js';
import { environment } from './programs.js';

const START_WITHIN_MS = 120_000;
/** A node that diverged is rewound or copied anew. */
const HEAL_WITHIN_MS = 150_000;

export interface Node extends NodePorts {
  readonly machine: Machine;
  readonly network: Link;
  readonly data: string;
}

export class Cluster {
  private constructor(
    readonly nodes: readonly Node[],
    readonly haproxyPort: number,
    private readonly others: readonly Machine[],
  ) {}

  /** @param folder that another user may enter */
  static async prepare(folder: string, bin: string): Promise<Cluster> {
    const [etcd, peer, haproxyPort] = [await freePort(), await freePort(), await freePort()];
    const nodes: Node[] = [];
    for (const name of ['node1', 'node2', 'node3']) {
      const ports = { postgres: await freePort(), rest: await freePort() };
      const network = await Link.to(ports.postgres);
      const node = { name, ...ports, link: network.port };
      const home = own(`${folder}/${name}`);
      writeFileSync(`${home}/patroni.yml`, patroniConfiguration(node, etcd, folder, bin));
      const machine = new Machine(name, ['patroni', `${home}/patroni.yml`], folder);
      nodes.push({ ...node, network, machine, data: `${home}/data` });
    }
    own(`${folder}/etcd`);
    writeFileSync(`${folder}/haproxy.cfg`, haproxyConfiguration(haproxyPort, nodes));
    const others = [
      new Machine('etcd', etcdCommand(etcd, peer, folder), folder),
      new Machine('haproxy', ['haproxy', '-db', '-f', `${folder}/haproxy.cfg`], folder),
    ];
    return new Cluster(nodes, haproxyPort, others);
  }

  async start(): Promise<void> {
    for (const machine of this.others) machine.start();
    // The first one makes the database, and the others copy it.
    for (const node of this.nodes) {
      node.machine.start();
      await until(`${node.name} runs`, () => this.isPartOfIt(node), START_WITHIN_MS).catch((cause: unknown) => {
        throw new Error(node.machine.log.slice(-3_000), { cause });
      });
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.nodes.map(({ machine }) => machine), ...this.others].map((each) => each.kill()));
    for (const { network } of this.nodes) network.close();
  }

  async primary(): Promise<Node> {
    const answers = await Promise.all(this.nodes.map((node) => answersAs(node, 'primary')));
    const found = this.nodes[answers.indexOf(true)];
    if (!found) throw new Error('no node is the primary');
    return found;
  }

  /** Patroni changes its own setting; the servers need no restart. */
  async setSynchronous(isSynchronous: boolean): Promise<void> {
    const { rest } = await this.primary();
    const body = JSON.stringify({ synchronous_mode: isSynchronous });
    const answer = await fetch(`http://127.0.0.1:${rest}/config`, { method: 'PATCH', body });
    if (!answer.ok) throw new Error(`Patroni: ${answer.status} ${await answer.text()}`);
    await this.untilWhole(isSynchronous);
  }

  /** As an operator does it. */
  async switchOver(): Promise<void> {
    const { name, data } = await this.primary();
    const configuration = `${dirname(data)}/patroni.yml`;
    const args = ['-c', configuration, 'switchover', '--leader', name, '--force'];
    const command = spawn('patronictl', args, { env: { ...environment, HOME: dirname(data) }, stdio: 'pipe' });
    let said = '';
    for (const stream of [command.stdout, command.stderr])
      stream.on('data', (chunk: Buffer) => (said += String(chunk)));
    const code = await new Promise((done) => command.once('close', done));
    if (code !== 0) throw new Error(`patronictl ended with ${String(code)}: ${said}`);
  }

  /** Waits until two standbys stream from the primary, one of them synchronously if that is wanted. */
  async untilWhole(isSynchronous: boolean): Promise<void> {
    const wanted = isSynchronous ? [1, 2] : [0, 0];
    await until(
      'two standbys stream',
      async () => {
        const [found] = await this.query<{ streaming: number; synchronous: number }>(
          `SELECT count(*) FILTER (WHERE state = 'streaming')::int AS streaming,
                  count(*) FILTER (WHERE sync_state IN ('sync', 'quorum'))::int AS synchronous FROM pg_stat_replication`,
        );
        const [least = 0, most = 0] = wanted;
        return found?.streaming === 2 && found.synchronous >= least && found.synchronous <= most;
      },
      HEAL_WITHIN_MS,
    );
  }

  /** As the superuser, on the primary. */
  async query<T extends pg.QueryResultRow>(statement: string, database = 'postgres'): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.superuserUrl(await this.primary(), database) });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<T>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  superuserUrl({ postgres }: Node, database = 'postgres'): string {
    return `postgres://postgres:${passwords.superuser}@127.0.0.1:${postgres}/${database}`;
  }

  private async isPartOfIt(node: Node): Promise<boolean> {
    return (await answersAs(node, 'primary')) || (await answersAs(node, 'replica'));
  }
}

/** A folder of PostgreSQL's user. */
function own(folder: string): string {
  mkdirSync(folder, { mode: 0o700 });
  if (process.getuid?.() === 0) chownSync(folder, NOBODY, NOBODY);
  return folder;
}

async function answersAs({ rest }: Node, role: 'primary' | 'replica'): Promise<boolean> {
  const signal = AbortSignal.timeout(2_000);
  return fetch(`http://127.0.0.1:${rest}/${role}`, { signal }).then(
    ({ status }) => status === 200,
    () => false,
  );
}
