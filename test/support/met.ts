// Records which codes and settings a whole run met: every worker notes the codes of answers, and the settings that it
// gave to a service which then read them. After a run of all files, a code or setting that no test met fails the run.
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { Config } from '../../src/config/config.js';
import type { Setting } from '../../src/config/setting.js';
import { type Settings, settings } from '../../src/config/settings.js';
import { refusalCodes } from '../../src/errors.js';
import type { Answer } from './client.js';
import { documentedAnswers } from './documented.js';
import { type Example, exampleOf, keep } from './examples.js';

declare module 'vitest' {
  export interface ProvidedContext {
    metFolder: string;
  }
}

/** `npm run docs:examples` */
const KEEPS_EXAMPLES = process.env['KEEP_EXAMPLES'] === '1';
const EXAMPLE = 'the example ';

const noted = new Set<string>();

function note(what: string): void {
  if (noted.has(what)) return;
  noted.add(what);
  appendFileSync(join(inject('metFolder'), String(process.pid)), `${what}\n`);
}

export const noteCode = (code: unknown): void => (typeof code === 'string' ? note(`the code ${code}`) : undefined);
/** An answer in the words of the document (documented.ts). */
export function noteAnswer(name: string | undefined, answer: Answer): void {
  if (name === undefined) return;
  note(`the answer ${name}`);
  const example = KEEPS_EXAMPLES ? exampleOf(name, answer) : undefined;
  if (example) note(`${EXAMPLE}${JSON.stringify(example)}`);
}
const noteSetting = (name: string): void => note(`the setting ${name}`);

/** For settings of a separate process, whose reads cannot be observed, and for those whose effect a test asserts itself. */
export function noteGiven(given: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(given)) if (name in settings) noteSetting(name);
}

/** @returns the unchanged config; a read of a property that one of the named settings changed counts as met */
export function watched(config: Config, given: readonly string[]): Config {
  const changers = new Map<string | symbol, (keyof Settings)[]>();
  for (const [name, { schema }] of Object.entries(settings) as [keyof Settings, Setting][]) {
    if (!given.includes(name)) continue;
    const without = new Config(Object.assign({}, config, { [name]: schema.parse(undefined) }));
    const changed = (Object.keys(config) as (keyof Config)[]).filter(
      (property) => !isDeepStrictEqual(config[property], without[property]),
    );
    for (const property of changed) changers.set(property, [...(changers.get(property) ?? []), name]);
  }
  return new Proxy(config, {
    get(target, property, receiver) {
      for (const name of changers.get(property) ?? []) noteSetting(name);
      return Reflect.get(target, property, receiver) as unknown;
    },
  });
}

export default function setup(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-met-'));
  project.provide('metFolder', folder);
  return async () => {
    const met = new Set(readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n')));
    rmSync(folder, { recursive: true });
    if (KEEPS_EXAMPLES) await keep([...met].flatMap(exampleIn));
    if (!(await isWhole(project))) return;
    const all = [
      ...refusalCodes.map((code) => `the code ${code}`),
      ...Object.keys(settings).map((name) => `the setting ${name}`),
      ...documentedAnswers().map((name) => `the answer ${name}`),
    ];
    const unmet = all.filter((each) => !met.has(each));
    if (unmet.length === 0) return;
    process.exitCode = 1;
    project.vitest.logger.error(`No test has met ${unmet.join(', ')} (test/support/met.ts).`);
  };
}

const exampleIn = (line: string): Example[] =>
  line.startsWith(EXAMPLE) ? [JSON.parse(line.slice(EXAMPLE.length)) as Example] : [];

/** @returns whether every file of the suite ran, and every test in it; the verifiers of others are another suite */
async function isWhole(project: TestProject): Promise<boolean> {
  const ran = project.vitest.state.getFiles().length;
  const { testFiles } = await project.globTestFiles();
  if (!testFiles.some((file) => file.endsWith('test/architecture.test.ts'))) return false;
  return ran >= testFiles.length && project.config.testNamePattern === undefined;
}
