// What befalls the cluster, and how it is mended.
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/until.js';
import type { Cluster, Node } from './cluster.js';
import type { Kind } from './ledger.js';
import type { Stage } from './stage.js';

const TAKE_OVER_WITHIN_MS = 90_000;
/** In which the asynchronous standbys fall behind before an event. */
const LAG_MS = 3_000;
/** In which a server that was stopped thinks that it still is the primary, and others know better. */
const DOUBT_MS = 5_000;

/** Lets it happen, waits until the service writes again, and mends what is broken. */
export async function happen(kind: Kind, { cluster, instances }: Stage, isSynchronous: boolean): Promise<void> {
  const primary = await cluster.primary();
  // What the standbys have not received yet is lost with the primary.
  const links = isSynchronous || kind === 'switchover' ? [] : cluster.nodes.map(({ network }) => network);
  for (const network of links) network.hold();
  if (links.length > 0) await sleep(LAG_MS);
  await breakIt(kind, cluster, primary);
  for (const network of links) network.lose();
  if (kind === 'kill node' || kind === 'hang') await untilAnother(cluster, primary);
  await until(
    'both instances are ready',
    async () => (await Promise.all(instances.map((each) => each.isReady()))).every(Boolean),
    TAKE_OVER_WITHIN_MS,
  );
  if (kind === 'hang') {
    await sleep(DOUBT_MS);
    primary.machine.signal('SIGCONT');
  }
  if (kind === 'kill node') primary.machine.start();
  await cluster.untilWhole(isSynchronous);
}

async function breakIt(kind: Kind, cluster: Cluster, { machine, data }: Node): Promise<void> {
  switch (kind) {
    case 'kill postgres':
      return machine.killPostgres(data);
    case 'kill node':
      return machine.kill();
    case 'hang':
      return machine.signal('SIGSTOP');
    case 'switchover':
      return cluster.switchOver();
  }
}

async function untilAnother(cluster: Cluster, former: Node): Promise<void> {
  const isAnother = async () => (await cluster.primary()).name !== former.name;
  await until('another node has taken over', isAnother, TAKE_OVER_WITHIN_MS);
}
