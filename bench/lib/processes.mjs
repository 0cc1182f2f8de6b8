// Ends everything that a run started, in reverse order, also on an error or Ctrl-C.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** On Linux a server ends with the bench even after kill -9, like the embedded PostgreSQL. */
export const WITH_US = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'] : [];
const ends = new Set();
const children = new Set();
let ending;
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL'); // what is left, for example after a second Ctrl-C
});

/** @param end called once, at the latest when the run ends; @returns the same, to be called earlier */
export function atEnd(end) {
  const once = async () => {
    if (ends.delete(once)) await end();
  };
  ends.add(once);
  return once;
}

function endAll() {
  ending ??= (async () => {
    for (const end of [...ends].toReversed())
      await end().catch((error) => console.error(`While stopping: ${error.message}`));
  })();
  return ending;
}

/** Runs `work` and ends whatever it started, however it ends. */
export async function untilTheEnd(work) {
  let isInterrupted = false;
  const leave = (code) => {
    isInterrupted = true;
    void endAll().finally(() => process.exit(code));
  };
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
    process.once(signal, () => leave(code));
  process.once('uncaughtException', (error) => {
    console.error(error);
    leave(1);
  });
  try {
    return await work();
  } catch (error) {
    // An interrupted step fails for this reason only; the process is about to exit.
    if (isInterrupted) return await new Promise(() => undefined);
    throw error;
  } finally {
    await endAll();
  }
}

/**
 * Runs a server as a separate process until `stop()` or the end of the run.
 * @param isReady polled until it resolves to true
 */
export async function startServer({
  command = process.execPath,
  args,
  env = process.env,
  logFile = '/dev/null',
  isReady,
}) {
  const [program = '', ...rest] = [...WITH_US, command, ...args];
  const log = openSync(logFile, 'a');
  const child = spawn(program, rest, { env, stdio: ['ignore', log, log] });
  closeSync(log);
  children.add(child);
  const gone = once(child, 'exit')
    .catch(() => undefined)
    .finally(() => children.delete(child));
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const stop = atEnd(async () => {
    if (hasEnded()) return;
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(insist);
  });
  const deadline = performance.now() + 60_000;
  while (!(await isReady().catch(() => false))) {
    if (hasEnded()) throw new Error(`${[command, ...args].join(' ')} ended with ${child.exitCode ?? child.signalCode}`);
    if (performance.now() > deadline)
      throw new Error(`${[command, ...args].join(' ')} did not become ready in a minute`);
    await sleep(5);
  }
  return { pid: child.pid, stop };
}

/** @returns what a command wrote to its standard output; throws when it fails or is missing. */
export async function output(command, args, { env = process.env, input } = {}) {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined).end(input);
  const stop = atEnd(async () => child.kill('SIGKILL'));
  let text = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
  child.stderr.setEncoding('utf8').on('data', (part) => (complaint += part));
  const code = await new Promise((done, fail) => {
    child.once('error', (error) =>
      fail(error.code === 'ENOENT' ? new Error(`${command} is not installed, and this needs it.`) : error),
    );
    child.once('close', done);
  }).finally(() => void stop());
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${complaint.slice(-2_000)}`);
  return text;
}

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
