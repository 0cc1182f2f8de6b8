// What the programs of the bench read from their command lines.
import { parseArgs } from 'node:util';

/** Ends the program with this sentence. */
export function refuse(sentence) {
  console.error(sentence);
  return process.exit(2);
}

/** @param options of node:util's parseArgs @returns { values, positionals }; an unknown option is refused */
export function commandLine(options) {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return refuse(error.message);
  }
}

export const wholeNumber = (text) =>
  /^[1-9]\d*$/.test(text) ? Number(text) : refuse(`${text} is not a number of at least 1.`);

/** The option of `settingsIn`. */
export const SETTINGS = { type: 'string', multiple: true, default: [] };

/** @param lists of KEY=VALUE,…; without a value the bench's own is taken away @returns settings of the service */
export const settingsIn = (lists) => Object.fromEntries(lists.flatMap((list) => list.split(',')).map(pairOf));

function pairOf(text) {
  const [, key, value] = /^([A-Z_0-9]+)=(.*)$/.exec(text) ?? refuse(`--settings takes KEY=VALUE,…, not ${text}.`);
  return [key, value === '' ? undefined : value];
}
