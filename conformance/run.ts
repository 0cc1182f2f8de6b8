// `npm run conformance`: plays the scenarios with a client and prints what became of its sessions (docs/conformance.md).
import { parseArgs } from 'node:util';
import { ourClient } from './clients/bundle.js';
import { conformance } from './kit/conformance.js';
import { ProtocolError, type Transport } from './kit/protocol.js';
import { hasFailed, reasonsOf, rowsOf, tableOf } from './kit/report.js';
import { scenarios } from './scenarios/all.js';

const USAGE = `npm run conformance -- [--client "command" | --bound] [--transport bearer|cookie] [--scenario name,name]
                       [--rounds 1] [--seed number] [--nightly] [--json] [--list]`;
/** C4 of docs/conformance.md at its full size: 1,000 sessions. */
const nightly = { rounds: 100, devices: 10 };

const say = (text: string) => process.stderr.write(`${text}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      client: { type: 'string' },
      bound: { type: 'boolean', default: false },
      transport: { type: 'string', default: 'bearer' },
      scenario: { type: 'string' },
      rounds: { type: 'string' },
      seed: { type: 'string' },
      nightly: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list) {
    process.stdout.write(scenarios.map(({ name, about }) => `${name}: ${about}\n`).join(''));
    return 0;
  }
  const names = values.nightly ? ['every-step'] : values.scenario?.split(',');
  const chosen = scenarios.filter(({ name }) => names?.includes(name) ?? true);
  const unknown = names?.filter((name) => !scenarios.some((scenario) => scenario.name === name)) ?? [];
  if (unknown.length > 0) throw new TypeError(`There is no scenario ${unknown.join(', ')}: see --list.`);
  const rounds = Number(values.rounds ?? (values.nightly ? nightly.rounds : 1));
  const seed = Number(values.seed ?? Date.now() % 1e9);
  const transport = values.transport as Transport;
  if (!['bearer', 'cookie'].includes(transport)) throw new TypeError('--transport is bearer or cookie.');
  if (!(rounds > 0) || !Number.isSafeInteger(seed)) throw new TypeError('--rounds and --seed are numbers.');

  const ours = values.client === undefined ? await ourClient(values.bound) : undefined;
  const command = values.client ?? ours?.command ?? '';
  say(`client: ${command}\nseed: ${seed}`);
  try {
    const outcomes = await conformance({
      client: { command, transport },
      scenarios: chosen,
      rounds,
      seed,
      ...(values.nightly ? { devices: nightly.devices } : {}),
      onOutcome: (outcome) => {
        const reasons = reasonsOf(outcome);
        say(`${reasons.length === 0 ? 'ok' : 'FAILED'} ${outcome.scenario}`);
        for (const reason of reasons) say(`  ${reason}`);
      },
    });
    process.stdout.write(
      values.json ? `${JSON.stringify({ seed, scenarios: rowsOf(outcomes) })}\n` : `${tableOf(outcomes)}\n`,
    );
    return hasFailed(outcomes) ? 1 : 0;
  } finally {
    ours?.remove();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof ProtocolError) say(`The client does not speak the protocol: ${error.message}.\n  ${error.line}`);
  else if (error instanceof TypeError) say(`${error.message}\n${USAGE}`);
  else throw error;
  process.exitCode = 2;
}
