// Does a failed sign-in take as long for an unknown address as for a known one? Medians of sign-ins that take turns.
// Usage: npm run bench:decoy.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, startInProcess } from './lib/in-process.mjs';

const ROUNDS = 60;
/** Beyond this the exit code is 1: without the decoy an unknown address takes less than a tenth. */
const TOLERATED = 0.15;

const folder = mkdtempSync(join(tmpdir(), 'watchword-bench-'));
const database = await startEmbeddedPostgres({ folder });
const { app, url } = await startInProcess(database);

const post = (path, body) =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const someone = () => `${randomUUID()}@example.com`;
const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

async function failedSignIn(email) {
  const started = performance.now();
  const { status } = await post('/auth/login', { email, password: 'a wrong passphrase', transport: 'bearer' });
  if (status !== 401) throw new Error(`the sign-in was answered with ${status}`);
  return performance.now() - started;
}

try {
  const times = { known: [], unknown: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const email = someone();
    await post('/auth/register', { email, password: 'a passphrase of the bench' });
    times.known.push(await failedSignIn(email));
    times.unknown.push(await failedSignIn(someone()));
  }
  const [known, unknown] = [median(times.known), median(times.unknown)];
  const ratio = unknown / known;
  console.log(
    `known ${known.toFixed(1)} ms, unknown ${unknown.toFixed(1)} ms, ratio ${ratio.toFixed(2)} (${ROUNDS} each)`,
  );
  if (Math.abs(ratio - 1) > TOLERATED) process.exitCode = 1;
} finally {
  await app.close();
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}
