// Reads what one operation costs, and what a session takes up, from the results of the bench.
import { readFileSync } from 'node:fs';
import * as z from 'zod';

const RESULTS = new URL('../results/latest.json', import.meta.url);
/** Of the signing keys that an installation has by default. */
const REFRESH = 'refresh, rsa3072';
const STORAGE = 'storage, 1,000,000 sessions';
const STORED_SESSIONS = 1_000_000;

const results = z.object({
  machine: z.object({ processor: z.string(), cores: z.number() }),
  scenarios: z.array(
    z.object({
      name: z.string(),
      date: z.string(),
      rows: z.array(z.object({ subject: z.string(), figures: z.record(z.string(), z.object({ median: z.number() })) })),
    }),
  ),
});

/** What one operation costs: milliseconds of processor time, and bytes. */
export interface Cost {
  readonly serviceMs: number;
  readonly loopMs: number;
  readonly postgresMs: number;
  readonly redisMs: number;
  readonly walBytes: number;
}

export interface Measured {
  readonly date: string;
  readonly machine: string;
  readonly refresh: Cost;
  readonly check: Cost;
  /** A check whose verdict nobody keeps yet. */
  readonly coldCheck: Cost;
  readonly signIn: Cost;
  readonly logout: Cost;
  readonly tableBytes: number;
  readonly indexBytes: number;
  /** What the first change of a page after a checkpoint adds to the WAL, compressed. */
  readonly pageImageBytes: number;
  readonly verdictBytes: number;
}

/** @throws Error where a scenario is missing from the results: run it */
export function readMeasured(text = readFileSync(RESULTS, 'utf8')): Measured {
  const { machine, scenarios } = results.parse(JSON.parse(text));
  const scenario = (name: string) => {
    const found = scenarios.find((each) => each.name === name);
    if (!found) throw new Error(`bench/results/latest.json has no ${name}: npm run bench -- ${name}`);
    return found;
  };
  const figure = (name: string, subject: string, what: string) => {
    const median = scenario(name).rows.find((row) => row.subject === subject)?.figures[what]?.median;
    if (median === undefined) throw new Error(`The scenario ${name} has no ${what} of ${subject}: run it again.`);
    return median;
  };
  const cost = (subject: string): Cost => ({
    serviceMs: figure('costs', subject, 'ms of the service'),
    loopMs: figure('costs', subject, 'of these in its event loop'),
    postgresMs: figure('costs', subject, 'ms of PostgreSQL'),
    redisMs: figure('costs', subject, 'ms of Redis'),
    walBytes: figure('costs', subject, 'bytes of WAL'),
  });
  const signIn = cost('sign-in');
  const perSession = (what: string) => (figure('growth', STORAGE, what) * 1_000_000) / STORED_SESSIONS;
  return {
    date: scenario('costs').date.slice(0, 10),
    machine: `${machine.cores} cores, ${machine.processor}`,
    refresh: cost(REFRESH),
    check: cost('check'),
    coldCheck: cost('check without Redis'),
    signIn,
    logout: difference(cost('sign-in or logout'), signIn),
    tableBytes: perSession('MB table'),
    indexBytes: perSession('MB indexes'),
    pageImageBytes:
      figure('costs', 'refresh, first of its page since a checkpoint', 'bytes of WAL, compressed') -
      figure('costs', REFRESH, 'bytes of WAL'),
    verdictBytes: figure('costs', 'a kept verdict', 'bytes in Redis'),
  };
}

/** Half of the operations were sign-ins: what is left is the other half. */
function difference(half: Cost, signIn: Cost): Cost {
  const rest = (part: keyof Cost) => Math.max(0, 2 * half[part] - signIn[part]);
  return {
    serviceMs: rest('serviceMs'),
    loopMs: rest('loopMs'),
    postgresMs: rest('postgresMs'),
    redisMs: rest('redisMs'),
    walBytes: rest('walBytes'),
  };
}
