// The schedules that Spin finds for mutants of models, as files that test/model-bridge.test.ts replays on the service.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { World } from './worlds.js';

/** The models whose mutants are also mutants of the code. What never comes in the end has no last step to replay. */
export const isReplayed = ({ name, inTheEnd }: World): boolean => ['refresh', 'revocation'].includes(name) && !inTheEnd;

const fileOf = (model: string, mutant: string) => `models/schedules/${model}-${mutant}.txt`;

/** @param output of Spin's simulation of the trail. @returns its steps, and what they break in the end */
function stepsOf(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return `${lines.filter((line) => line !== '' && !line.startsWith('spin: ')).join('\n')}\n`;
}

/**
 * Compares the schedule that Spin has found with the stored one. It is one of the shortest, and always the same.
 * @param isWritten store it instead
 * @returns what is wrong
 */
export function differenceOf(model: string, mutant: string, output: string, isWritten: boolean): string[] {
  const [found, file] = [stepsOf(output), fileOf(model, mutant)];
  if (isWritten) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, found);
  }
  const stored = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (stored === found) return [];
  return [`${file} is not what Spin finds (npm run models -- ${model} --write):\n${found}`];
}
