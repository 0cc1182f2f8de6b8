// Sends 300 sign-ins at once, from a separate process, so that it does not disturb other measurements.
// Usage: node storm-process.mjs <seconds> <begin, ms since 1970>; the request as JSON on standard input. Writes { msAccepted, msRefused, seconds }.
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

const IN_FLIGHT = 300;
const WARM_VOLLEYS = 12;
const { origin, requests } = JSON.parse(await text(process.stdin));
const pool = new Pool(origin, { connections: IN_FLIGHT, pipelining: 1 });
const seen = { msAccepted: [], msRefused: [] };

async function one(request) {
  const sent = performance.now();
  const { statusCode, body } = await pool.request(request);
  const answer = await body.text();
  const ms = performance.now() - sent;
  if (statusCode === 200) seen.msAccepted.push(ms);
  else if (statusCode === 503 && JSON.parse(answer).code === 'overloaded') seen.msRefused.push(ms);
  else throw new Error(`a sign-in was answered ${statusCode} ${answer.slice(0, 300)}`);
}

// The connections are made before, and this process is warm: its own first volleys take 100 ms and more even where the server does
// nothing.
for (let volley = 0; volley < WARM_VOLLEYS; volley++) {
  const one = () => pool.request({ method: 'GET', path: '/health/live' }).then(({ body }) => body.text());
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
}
await sleep(Number(process.argv[3]) - Date.now());
const startedAt = performance.now();
const until = startedAt + Number(process.argv[2]) * 1_000;
// Each volley starts once the previous one is answered completely.
do await Promise.all(Array.from({ length: IN_FLIGHT }, (_, i) => one(requests[i % requests.length])));
while (performance.now() < until);
const seconds = (performance.now() - startedAt) / 1_000;
await pool.close();
console.log(JSON.stringify({ ...seen, seconds }));
