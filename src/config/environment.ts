// Reads `.env` into the environment if the file exists, and warns of unknown settings.
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { closest, distance } from 'fastest-levenshtein';
import { settings } from './settings.js';

const known = Object.keys(settings);

/**
 * Variables that others read from the same file: docker compose, its database, the AWS SDK, and the exporter of
 * OpenTelemetry (docs/operations/tracing.md).
 */
const OTHERS =
  /^(?:AWS|COMPOSE|DOCKER|POSTGRES|WATCHWORD)_|^OTEL_EXPORTER_OTLP_(?:CERTIFICATE|CLIENT_CERTIFICATE|CLIENT_KEY|COMPRESSION)$/;

/** Short names are not compared: `HOME` is only two letters from `HOST`. */
const MIN_COMPARED_LENGTH = 6;
const MAX_DISTANCE = 2;

/**
 * Call it before the settings are read. A variable of the real environment wins over the same one in the file, even if
 * it is empty.
 * @param warn receives a sentence for each unknown name in the file, and for each environment variable that resembles a
 * setting
 */
export function loadEnvironment(warn: (sentence: string) => void = toStandardError): void {
  const fromFile = readDotEnv();
  for (const sentence of unknownSettings(Object.keys(process.env), Object.keys(fromFile))) warn(sentence);
  for (const [name, value] of Object.entries(fromFile)) process.env[name] ??= value;
}

function readDotEnv(): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync('.env', 'utf8'));
  } catch (cause) {
    const { code = cause } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new Error(`The file .env cannot be read (${String(code)}): make it readable, or move it away.`, { cause });
  }
}

/** @returns a sentence for each name that resembles a setting but is none */
export function unknownSettings(inEnvironment: readonly string[], inFile: readonly string[]): string[] {
  const isUnknown = (name: string) => !known.includes(name);
  const inDotEnv = inFile.filter((name) => isUnknown(name) && !OTHERS.test(name));
  const misspelt = inEnvironment.filter(
    (name) => isUnknown(name) && !inFile.includes(name) && name.length >= MIN_COMPARED_LENGTH && isNear(name),
  );
  return [
    ...inDotEnv.map((name) => `${name} in .env is not a setting; the nearest is ${nearest(name)}.`),
    ...misspelt.map((name) => `${name} is not a setting; did you mean ${nearest(name)}?`),
  ];
}

const nearest = (name: string) => closest(name.toUpperCase(), known);
const isNear = (name: string) => distance(name.toUpperCase(), nearest(name)) <= MAX_DISTANCE;

const toStandardError = (sentence: string) => void process.stderr.write(`Warning: ${sentence}\n`);
