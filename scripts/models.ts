// Checks the models of the protocols with Spin: every interleaving of a bounded world (docs/protocols/models.md).
// `npm run models` runs all; `npm run models -- NAME` one, and prints the schedule of each counterexample.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installFromDebian } from '../test/support/debian.js';

interface Model {
  /** The file, and the constants of its world. */
  readonly name: string;
  readonly world: readonly string[];
  /** Thousands of states, measured: a run finds this many within a factor of two. */
  readonly thousands: number;
  /** Each takes a guard out, and is found in the world. */
  readonly mutants: readonly string[];
  /** It also has a formula of what happens in the end (`ltl`), for processes that are never left out for good. */
  readonly isLive?: boolean;
}

const models: readonly Model[] = [
  {
    name: 'refresh',
    world: ['ROUNDS=2', 'THEFTS=1'],
    thousands: 23_100,
    mutants: ['LOOK_THEN_SET', 'NO_GRACE_LIMIT', 'GRACE_SLIDES', 'REPLAY_UNCHECKED', 'PUNISH_UNCHECKED'],
  },
  { name: 'refresh', world: ['ROUNDS=1', 'THEFTS=1', 'RESTORE'], thousands: 5_500, mutants: [] },
  { name: 'revocation', world: ['FAULTS=2', 'CHECKS=1'], thousands: 21_900, mutants: [] },
  {
    name: 'revocation',
    world: ['FAULTS=4', 'CHECKS=1'],
    thousands: 0, // too many for CI: its mutants are found after a part of them
    mutants: ['NO_LEASE', 'JOINED_READS', 'DEL_BEFORE_COMMIT', 'RUN_ID_ALONE'],
  },
  {
    name: 'keys',
    world: ['END=9'],
    thousands: 3_123,
    mutants: ['PUBLISHED_AT_ACTIVATION', 'REMOVED_AT_RETIREMENT', 'PLAN_NOT_READ_AGAIN', 'SIGNS_WITHOUT_ASKING'],
  },
  {
    name: 'feed',
    world: ['FAULTS=3'],
    thousands: 19,
    mutants: ['AFTER_NUMBER', 'SIGNS_WITHOUT_READING', 'TAKES_OLDER'],
    isLive: true,
  },
  {
    name: 'tickets',
    world: ['GUESSES=3'],
    thousands: 193,
    mutants: ['TOKEN_LOOKED_BEFORE_THE_LOCK', 'COUNTED_AFTER', 'TICKET_IN_SUBSELECT'],
  },
];

/** More than any schedule of these worlds has steps. */
const MAX_DEPTH = 400_000;

const [only] = process.argv.slice(2);
ensureTools();
const failures = models.filter(({ name }) => only === undefined || name === only).flatMap(check);
for (const failure of failures) console.error(failure);
console.log(failures.length === 0 ? 'Every model holds, and every mutant is found.' : 'The models do not hold.');
process.exitCode = failures.length === 0 ? 0 : 1;

function check({ name, world, thousands, mutants, isLive }: Model): string[] {
  const failed: string[] = [];
  if (thousands > 0) {
    const { errors, states, depth, schedule } = verify(name, world);
    const found = states / 1e3;
    console.log(
      `${name} (${world.join(', ')}): ${Math.round(found).toLocaleString('en')} thousand states, depth ${depth}`,
    );
    if (errors > 0) failed.push(`${name} (${world.join(', ')}) does not hold:\n${schedule}`);
    else if (found < thousands / 2 || found > thousands * 2)
      failed.push(`${name} (${world.join(', ')}) had ${thousands} thousand states: its world has changed.`);
  }
  if (isLive) {
    const { errors, schedule } = verify(name, world, true);
    console.log(`  in the end: ${errors > 0 ? 'NOT SO' : 'holds'}`);
    if (errors > 0) failed.push(`${name} (${world.join(', ')}) does not come to its end:\n${schedule}`);
  }
  for (const mutant of mutants) {
    const { errors, schedule } = verify(name, [...world, `MUTANT_${mutant}`]);
    console.log(`  ${mutant}: ${errors > 0 ? 'found' : 'NOT FOUND'}`);
    if (errors === 0) failed.push(`${name}: the mutant ${mutant} is not found.`);
    else if (only !== undefined) console.log(schedule.replaceAll(/^/gm, '    '));
  }
  return failed;
}

interface Verified {
  readonly errors: number;
  readonly states: number;
  readonly depth: number;
  /** What happened, step by step, up to the error. */
  readonly schedule: string;
}

function verify(name: string, defines: readonly string[], inTheEnd = false): Verified {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-model-'));
  try {
    const file = `${name}.pml`;
    copyFileSync(join('models', file), join(folder, file));
    const given = defines.map((define) => `-D${define}`);
    run(folder, 'spin', ['-a', ...given, file]);
    const kind = inTheEnd ? ['-DNFAIR=4'] : ['-DSAFETY', '-DNOCLAIM'];
    run(folder, 'gcc', ['-O2', '-w', ...kind, '-DVECTORSZ=2048', '-o', 'pan', 'pan.c']);
    // -E: a world that stands still is no error. -n: no list of what was not reached.
    const output = run(folder, './pan', [`-m${MAX_DEPTH}`, '-n', '-E', ...(inTheEnd ? ['-a', '-f'] : [])]);
    const [, depth, errors] = /depth reached (\d+), errors: (\d+)/.exec(output) ?? [];
    const [, states] = /([\d.e+]+) states, stored/.exec(output) ?? [];
    if (
      depth === undefined ||
      errors === undefined ||
      states === undefined ||
      /max search depth too small/.test(output)
    )
      throw new Error(`Spin did not finish:\n${output}`);
    const hasTrail = existsSync(join(folder, `${file}.trail`));
    const schedule = hasTrail ? run(folder, 'spin', ['-k', `${file}.trail`, '-B', '-T', ...given, file]) : '';
    return { errors: Number(errors), states: Number(states), depth: Number(depth), schedule };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(cwd: string, program: string, args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (error) throw error;
  if (/^spin: .*(?:syntax error|Error: undeclared)/m.test(stdout)) throw new Error(stdout);
  return stdout + stderr;
}

function ensureTools(): void {
  const lacks = () => ['spin', 'gcc'].filter((program) => spawnSync(program, ['--version']).error);
  if (lacks().length > 0) installFromDebian('spin', 'gcc', 'libc6-dev');
  const missing = lacks();
  if (missing.length > 0)
    throw new Error(`The models need ${missing.join(' and ')}: apt-get install spin gcc libc6-dev.`);
}
