// Ports and the end of the Redis processes of tests.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

let prefix: readonly string[] | undefined;

/** On Linux no server outlives the tests, even after kill -9. */
export function dieWithParent(): readonly string[] {
  if (prefix === undefined) {
    const [command, ...options] = ['setpriv', '--pdeathsig', 'KILL', '--'];
    prefix = spawnSync(command, [...options, 'true']).status === 0 ? [command, ...options] : [];
  }
  return prefix;
}

/**
 * Below the ports that Debian assigns to clients, so that a port is still free after a stop, and apart from those of
 * the cluster's bus, which are 10,000 higher.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_240, 20_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

const isFree = (port: number) =>
  new Promise<boolean>((done) => {
    const probe = createServer()
      .once('error', () => done(false))
      .listen(port, '127.0.0.1', () => probe.close(() => done(true)));
  });
