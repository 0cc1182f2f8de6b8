// Runs a peer in a separate process, and waits until it is ready.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { WITH_US } from '../lib/processes.mjs';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const PATIENCE_MS = 60_000;

/**
 * @param entry file that plain node can run; it listens on 127.0.0.1 at `process.env.PORT`
 * @param env the server's environment, all strings
 * @param readyPath answers below 500 as soon as the server is ready
 */
export async function startServer({ entry, env, readyPath }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const [program, ...args] = [...WITH_US, process.execPath, entry];
  const server = spawn(program, args, {
    env: { ...process.env, ...env, PORT: String(port), NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let lastWords = '';
  server.stderr.on('data', (chunk) => (lastWords = (lastWords + chunk).slice(-4_000)));
  const gone = new Promise((done) => server.once('exit', done));
  const killWithUs = () => server.kill('SIGKILL');
  process.once('exit', killWithUs);

  const stop = async () => {
    process.off('exit', killWithUs);
    if (!hasEnded(server)) server.kill('SIGTERM');
    const insist = setTimeout(() => server.kill('SIGKILL'), 3_000);
    await gone;
    clearTimeout(insist);
  };
  for (let waited = 0; waited < PATIENCE_MS && !hasEnded(server); waited += 50) {
    const answer = await fetch(url + readyPath).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer && answer.status < 500) return { url, pid: server.pid, stop };
    await sleep(50);
  }
  await stop();
  throw new Error(`${entry} did not start:\n${lastWords}`);
}

const hasEnded = ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null;

/** Like a user's build: decorators are compiled ahead, packages stay unbundled. */
export async function compile(source, name) {
  const outfile = join(BENCH, 'node_modules/.cache/peers', `${name}.mjs`);
  mkdirSync(join(BENCH, 'node_modules/.cache/peers'), { recursive: true });
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    tsconfig: join(BENCH, 'tsconfig.json'),
  });
  return outfile;
}

/** @returns such as `express 5.3.0, pg 8.23.1` */
export function versionsOf(...packages) {
  return packages.map((name) => `${name} ${versionOf(name)}`).join(', ');
}

const versionOf = (name) => JSON.parse(readFileSync(join(BENCH, 'node_modules', name, 'package.json'), 'utf8')).version;

function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer()
      .once('error', fail)
      .listen(0, '127.0.0.1', () => {
        const { port } = probe.address();
        probe.close(() => done(port));
      });
  });
}
