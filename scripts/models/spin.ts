// Runs Spin on one model, in one world: every interleaving, or as many as fit into the memory.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installFromDebian } from '../../test/support/debian.js';

/** More than any schedule of these worlds has steps. */
const MAX_DEPTH = 400_000;

export interface Verified {
  readonly errors: number;
  readonly states: number;
  readonly depth: number;
  /** The time was over before every state was visited. */
  readonly isPart: boolean;
  /** What happened, step by step, up to the error. */
  readonly schedule: string;
}

export interface Search {
  /** Breadth first: the counterexample is one of the shortest, and the same at each search. */
  readonly isShortest?: boolean;
  /** What comes in the end, for processes that are never left out for good (`ltl`), and not what holds in each state. */
  readonly inTheEnd?: boolean | undefined;
  /** Two to the power of so many bits of memory, one for each state: some states may be missed, and memory is bounded. */
  readonly bits?: number | undefined;
  /** The search ends after so long, wherever it is; undefined: when every state was visited. */
  readonly minutes?: number | undefined;
}

/**
 * @param name of the file in models/
 * @param defines the constants of the world, and the mutant
 * @throws Error when Spin does not finish
 */
export function verify(name: string, defines: readonly string[], search: Search = {}): Verified {
  const { inTheEnd = false, isShortest = false, bits, minutes } = search;
  const folder = mkdtempSync(join(tmpdir(), 'watchword-model-'));
  try {
    const file = `${name}.pml`;
    copyFileSync(join('models', file), join(folder, file));
    const given = defines.map((define) => `-D${define}`);
    run(folder, 'spin', ['-a', ...given, file]);
    const kind = inTheEnd ? ['-DNFAIR=4'] : ['-DSAFETY', '-DNOCLAIM'];
    const store = [...(bits === undefined ? [] : ['-DBITSTATE']), ...(isShortest ? ['-DBFS'] : [])];
    run(folder, 'gcc', ['-O2', '-w', ...kind, ...store, '-DVECTORSZ=2048', '-o', 'pan', 'pan.c']);
    // -E: a world that stands still is no error. -n: no list of what was not reached.
    const bounds = [...(bits ? [`-w${bits}`] : []), ...(minutes ? [`-Q${minutes}`] : [])];
    const options = [`-m${MAX_DEPTH}`, '-n', '-E', ...(inTheEnd ? ['-a', '-f'] : []), ...bounds];
    const output = run(folder, './pan', options);
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
    const isPart = output.includes('Search not completed');
    return { errors: Number(errors), states: Number(states), depth: Number(depth), schedule, isPart };
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

/** @throws Error when Spin or a C compiler is missing and cannot be installed */
export function ensureTools(): void {
  const lacks = () => ['spin', 'gcc'].filter((program) => spawnSync(program, ['--version']).error);
  if (lacks().length > 0) installFromDebian('spin', 'gcc', 'libc6-dev');
  const missing = lacks();
  if (missing.length > 0)
    throw new Error(`The models need ${missing.join(' and ')}: apt-get install spin gcc libc6-dev.`);
}
