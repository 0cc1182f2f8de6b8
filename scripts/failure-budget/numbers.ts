// The numbers that bound a promise, each read from the setting or the constant that it is.
import { readFileSync } from 'node:fs';
import type { Setting } from '../../src/config/setting.js';
import { settings } from '../../src/config/settings.js';

/** By the end of a name. */
const UNITS = { _MS: 'ms', _SECONDS: 's', Age: 's', _DAYS: 'days' } as const;

interface Source {
  /** What it bounds. */
  readonly what: string;
  /** The name of a setting, whose default counts, or of a constant in `file`. The end of the name is the unit. */
  readonly name: string;
  readonly file?: string;
}

export interface Num extends Source {
  readonly value: number;
  readonly unit: 'ms' | 's' | 'days' | '';
}

const sources = {
  grace: { what: 'a spent refresh token is answered with the same successor', name: 'REFRESH_GRACE_SECONDS' },
  graceBound: { what: 'the same, of a session that is bound to a key', name: 'REFRESH_GRACE_BOUND_SECONDS' },
  maxGrace: {
    what: 'the same, with every outage added',
    name: 'MAX_GRACE_SECONDS',
    file: 'src/database/connections/outages.ts',
  },
  idle: { what: 'a session without a refresh lives', name: 'REFRESH_IDLE_DAYS' },
  accessLife: { what: 'an access token lives', name: 'ACCESS_TOKEN_TTL_SECONDS' },
  leeway: {
    what: 'its expiry is forgiven',
    name: 'CLOCK_LEEWAY_SECONDS',
    file: 'packages/contract/src/claims.ts',
  },
  clientTry: {
    what: 'the client waits for the answer to a refresh',
    name: 'TRY_MS',
    file: 'packages/client/src/refresh.ts',
  },
  clientPause: {
    what: 'its longest pause between two tries, to which up to a half is added',
    name: 'MAX_DELAY_MS',
    file: 'packages/client/src/refresh.ts',
  },
  patience: {
    what: 'a refresh that would be answered later is refused',
    name: 'PATIENCE_MS',
    file: 'src/limits/admission.ts',
  },
  redisTimeout: { what: 'a check waits for Redis', name: 'REDIS_TIMEOUT_MS' },
  verdictTimeout: { what: 'a check waits for PostgreSQL', name: 'VERDICT_TIMEOUT_MS' },
  queryTimeout: {
    what: 'any other statement is given up after',
    name: 'QUERY_TIMEOUT_MS',
    file: 'src/database/database.ts',
  },
  lease: { what: 'a lease in Redis lives', name: 'LEASE_MS', file: 'src/revocation/verdict-cache.ts' },
  entry: {
    what: 'an entry in Redis lives, give or take a tenth',
    name: 'LIFE_MS',
    file: 'src/revocation/verdict-cache.ts',
  },
  confirm: {
    what: 'Redis has to confirm a revocation',
    name: 'CONFIRM_WITHIN_MS',
    file: 'src/revocation/verdict-cache.ts',
  },
  outboxRound: { what: 'the outbox is looked at each', name: 'EVERY_MS', file: 'src/revocation/outbox.ts' },
  outboxYoung: { what: 'and leaves a row alone for', name: 'LEAVE_ALONE_MS', file: 'src/revocation/outbox.ts' },
  watch: {
    what: 'each instance looks at the primary each',
    name: 'EVERY_MS',
    file: 'src/database/watch/database-watch.ts',
  },
  connect: {
    what: 'a database host that hangs costs, once',
    name: 'CONNECT_WITHIN_MS',
    file: 'src/database/connections/hosts.ts',
  },
  memory: {
    what: 'an instance remembers what it has ended',
    name: 'MAX_ACCESS_TOKEN_SECONDS',
    file: 'src/tokens/access-token.ts',
  },
  remembered: {
    what: 'as long as these are no more than',
    name: 'MAX_ENTRIES',
    file: 'src/revocation/recent-endings.ts',
  },
  keyRound: { what: 'each instance looks at the keys each', name: 'EVERY_MS', file: 'src/keys/key-watch.ts' },
  unconfirmed: {
    what: 'an instance that cannot look at the keys trusts them',
    name: 'MAX_UNCONFIRMED_MS',
    file: 'src/keys/key-ring.ts',
  },
  keyWait: { what: 'and then asks for them', name: 'CONFIRM_WITHIN_MS', file: 'src/keys/key-ring.ts' },
  lead: { what: 'a rotation is written ahead', name: 'LEAD_SECONDS', file: 'src/keys/rotation.ts' },
  publishAhead: { what: 'W1: a key is published before it signs', name: 'KEY_PUBLISH_AHEAD_SECONDS' },
  removeAfter: { what: 'W2: a key stays after its last signature', name: 'KEY_REMOVE_AFTER_SECONDS' },
  oldCopy: {
    what: 'the oldest copy of a key set that a verifier may use',
    name: 'OLD_COPY_SECONDS',
    file: 'src/cli/key-sentences.ts',
  },
  feedRound: {
    what: 'each instance reads the revoked set each',
    name: 'EVERY_MS',
    file: 'src/siblings/current-set.ts',
  },
  feedLife: {
    what: 'an instance gives out what it read',
    name: 'LIFE_SECONDS',
    file: 'src/siblings/feed-documents.ts',
  },
  feedPromise: { what: 'the `ttl` of the feed', name: 'TTL_SECONDS', file: 'src/siblings/feed-documents.ts' },
  newsGap: { what: 'a sibling rests after news', name: 'NEWS_GAP_MS', file: 'packages/verifier/src/feed.ts' },
  maxFeedAge: {
    what: 'a sibling trusts what it knows',
    name: 'maxFeedAge',
    file: 'packages/verifier/src/settings.ts',
  },
  skew: { what: 'its clock may be off', name: 'SKEW_SECONDS', file: 'packages/verifier/src/feed.ts' },
  attempts: { what: 'attempts for each ticket', name: 'MAX_ATTEMPTS', file: 'src/factors/ticket-statements.ts' },
} as const satisfies Record<string, Source>;

export type NumberName = keyof typeof sources;

export const numbers = Object.fromEntries(
  Object.entries<Source>(sources).map(([name, source]) => [name, { ...source, ...read(source) }]),
) as Record<NumberName, Num>;

/** @throws Error when the setting or the constant has gone, or is no number */
function read({ name, file }: Source): Pick<Num, 'value' | 'unit'> {
  const ending = Object.keys(UNITS).find((each) => name.endsWith(each));
  const unit = ending === undefined ? '' : UNITS[ending as keyof typeof UNITS];
  const value = file === undefined ? defaultOf(name) : constantOf(name, file);
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new Error(`${name} is no number in ${file ?? 'settings'}`);
  return { value, unit };
}

function defaultOf(name: string): unknown {
  const setting = (settings as Record<string, Setting>)[name];
  if (!setting) throw new Error(`there is no setting ${name}`);
  return setting.schema.parse(undefined);
}

/** `NAME = 1_000`, a sum or a product of numbers, or one of several: `[NAME, OTHER] = [1, 2]`. */
function constantOf(name: string, file: string): number | undefined {
  const text = readFileSync(file, 'utf8');
  const alone = new RegExp(String.raw`\b${name} = ([\d_ +*]+)[;,]`).exec(text)?.[1];
  if (alone !== undefined) return sumOf(alone);
  const [, names = '', values = ''] =
    new RegExp(String.raw`\[([^\]]*\b${name}\b[^\]]*)\] = \[([\d_, ]+)\]`).exec(text) ?? [];
  const at = names.split(',').findIndex((each) => each.trim() === name);
  return at < 0 ? undefined : sumOf(values.split(',')[at] ?? '');
}

function sumOf(text: string): number {
  const productOf = (term: string) => term.split('*').reduce((product, factor) => product * Number(factor), 1);
  return text
    .replaceAll('_', '')
    .split('+')
    .reduce((sum, term) => sum + productOf(term), 0);
}

const secondsOf = ({ value, unit }: Num) => (unit === 'ms' ? value / 1_000 : value);

/** @returns the number in seconds */
export const inSeconds = (name: NumberName) => secondsOf(numbers[name]);

/** @returns "60 s", "50 ms", "30 days" */
export function textOf(name: NumberName): string {
  const number = numbers[name];
  if (number.unit === 'ms' && number.value < 1_000) return `${number.value} ms`;
  const unit = number.unit === 'ms' ? 's' : number.unit;
  return `${secondsOf(number).toLocaleString('en')} ${unit}`.trim();
}
