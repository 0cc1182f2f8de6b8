// `npm run test:failover`: kills, stops and switches the primary of a Patroni cluster under load, prints what became of
// sessions, logouts and alerts, and exits with 1 if a promise broke (docs/operations/fail-over.md).
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect, parseArgs } from 'node:util';
import { happen } from './acts.js';
import { Clients } from './clients.js';
import { type Kind, kinds, Ledger } from './ledger.js';
import { setUp, type Stage, tearDown } from './stage.js';

const USAGE =
  'npm run test:failover -- [--quick] [--only "kill node,hang"] [--rounds 3] [--clients 50] [--seed number]';
/** After an event, so that a token that is accepted late is seen. */
const REST_MS = 8_000;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    clients: { type: 'string', default: '50' },
    pause: { type: 'string', default: '600' },
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    'one-host': { type: 'boolean', default: false },
  },
});
const chosen = kinds.filter((kind) => values.only?.split(',').includes(kind) ?? true);
if (chosen.length === 0) throw new Error(USAGE);
const rounds = values.quick ? 1 : Number(values.rounds);
const ledger = new Ledger();
const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void tearDown().finally(() => process.exit(130)));
process.exitCode = await main().catch((error: unknown) => {
  say(inspect(error));
  return 2;
});

async function main(): Promise<number> {
  say(`seed ${values.seed}`);
  const giveUp = setTimeout(
    () => {
      say(`not done within ${values.minutes} minutes\n${ledger.table()}`);
      void tearDown().finally(() => process.exit(1));
    },
    Number(values.minutes) * 60_000,
  );
  let stage: Stage | undefined;
  try {
    stage = await setUp(ledger, !values['one-host']);
    say('the cluster runs, and both instances are ready');
    await play(stage);
  } catch (error) {
    for (const { name, tail } of stage?.instances ?? [])
      say(`the last lines of ${name}:\n${tail.slice(-15).join('\n')}`);
    say(ledger.table());
    throw error;
  } finally {
    clearTimeout(giveUp);
    await tearDown();
  }
  process.stdout.write(`${ledger.table()}\n\n`);
  process.stdout.write(ledger.broken.length === 0 ? 'Every promise held.\n' : `BROKEN:\n${ledger.broken.join('\n')}\n`);
  return ledger.broken.length === 0 ? 0 : 1;
}

async function play({ cluster, instances }: Stage): Promise<void> {
  const clients = new Clients(
    instances.map(({ url }) => url),
    ledger,
    randomFrom(Number(values.seed)),
  );
  clients.start(Number(values.clients), Number(values.pause));
  await sleep(REST_MS);
  const plan: [Kind, boolean][] = [];
  for (let round = 0; round < rounds; round++) for (const kind of chosen) plan.push([kind, true]);
  for (const kind of chosen) plan.push([kind, false]);
  let isSynchronous = true;
  for (const [kind, wanted] of plan) {
    if (wanted !== isSynchronous) await cluster.setSynchronous(wanted);
    isSynchronous = wanted;
    const chapter = ledger.begin(kind, wanted);
    await happen(kind, { cluster, instances }, wanted);
    await sleep(REST_MS);
    say(`${kind}: no write for ${(chapter.outageMs / 1_000).toFixed(1)} s; ${chapter.broken.join('; ') || 'held'}`);
  }
  await clients.stop();
}

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
