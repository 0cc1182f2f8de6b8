// What bounds each invariant of docs/protocols/. Its words are read there; its tests are those that carry its name.

export interface Invariant {
  readonly bound: string;
  /** The files whose tests carry the name. */
  readonly tests: readonly string[];
  /** Tests without the name, and measurements. */
  readonly also?: string;
  /** Where no page of a protocol says it. */
  readonly words?: string;
}

const refresh = ['test/refresh.test.ts'];
const cache = ['test/revocation-cache.test.ts'];
const rotation = ['test/key-rotation.test.ts', 'test/keys.test.ts'];
const feed = [
  'test/feed.test.ts',
  'test/feed-promise.test.ts',
  'test/verifier-issuer.test.ts',
  'test/verifier.test.ts',
];

export const pages: Readonly<Record<string, readonly string[]>> = {
  R: ['docs/protocols/refresh.md'],
  V: ['docs/protocols/revocation.md'],
  K: ['docs/protocols/keys.md'],
  F: ['docs/protocols/feed.md', 'docs/protocols/services.md'],
  T: [],
};

export const invariants: Readonly<Record<string, Invariant>> = {
  R1: { bound: '0', tests: [...refresh, 'test/refresh-interleavings.test.ts', 'test/sessions.test.ts'] },
  R2: { bound: '0; one alert for a session', tests: refresh },
  R3: { bound: '{grace} from the rotation on, {maxGrace} with outages; no replay adds to it', tests: refresh },
  R4: { bound: '0 with `REFRESH_GRACE_SECONDS=0`', tests: refresh },
  R5: { bound: '0', tests: refresh },
  R6: { bound: '0', tests: refresh },
  R7: { bound: '0 after the 2xx', tests: ['test/refresh-interleavings.test.ts', 'test/redis-faults.test.ts'] },
  R8: {
    bound: '{grace}; the client tries again after {clientTry}',
    tests: ['test/refresh-faults.test.ts', 'test/restarts.test.ts'],
  },
  R9: { bound: '0', tests: ['test/storage.test.ts'] },
  R10: {
    bound: '0 rows; 95 % HOT updates',
    tests: ['test/storage.test.ts', 'test/partitions.test.ts'],
    also: '`bench/results/latest.json`: “rows a refresh, 1,000,000 sessions”, “WAL a refresh, 1,000,000 sessions”',
  },
  R11: { bound: '{idle} idle (`REFRESH_IDLE_DAYS`), {accessLife} of access', tests: refresh },
  R12: { bound: '0 queries', tests: refresh },
  R13: { bound: '0', tests: ['test/sessions.test.ts', 'test/password.test.ts'] },
  R14: { bound: '{keyWait} of waiting for a key, then 503', tests: refresh },
  V1: { bound: '0 after the 2xx', tests: [...cache, 'test/revocation-schedule.test.ts'] },
  V2: { bound: '0', tests: [...cache, 'test/redis-faults.test.ts'] },
  V3: { bound: '0', tests: ['test/redis-failover.test.ts', 'test/account-deletion.test.ts'] },
  V4: {
    bound: '{redisTimeout}, then PostgreSQL; {verdictTimeout}, then 503',
    tests: ['test/redis-faults.test.ts'],
    also: 'measured by `bench/redis-loss.mjs`',
  },
  V5: {
    bound: '503 after {confirm}; then 60 s, or 2 s after Redis takes writes',
    tests: ['test/redis-faults.test.ts'],
    also: 'measured by `bench/redis-loss.mjs`',
  },
  V6: { bound: '0', tests: cache },
  V7: { bound: 'two reads for each instance', tests: cache },
  V8: { bound: 'one rebuild', tests: cache },
  V9: { bound: '{entry}, give or take a tenth', tests: cache },
  V10: { bound: '0', tests: ['test/redis-failover.test.ts'] },
  V11: { bound: '0', tests: [...cache, 'test/revocation-schedule.test.ts'] },
  K1: { bound: '0', tests: ['src/keys/rotation.test.ts', ...rotation] },
  K2: { bound: 'W1 {publishAhead}, W2 {removeAfter}', tests: ['src/keys/rotation.test.ts', ...rotation] },
  K3: { bound: '0; a rotation is written {lead} ahead', tests: rotation },
  K4: { bound: '2 s: a look each {keyRound}', tests: rotation },
  K5: { bound: '0', tests: rotation },
  K6: { bound: '0', tests: rotation },
  K7: { bound: '0: no start', tests: ['test/key-encryption-key.test.ts', 'test/keys.test.ts'] },
  F1: { bound: '{feedPromise}', tests: feed, also: 'measured by `bench/scenarios/feed.mjs`' },
  F2: { bound: '0: the whole set', tests: ['test/feed-model.test.ts'] },
  F3: { bound: '0; what is known is given out for {feedLife}', tests: feed },
  F4: { bound: '0', tests: feed },
  F5: { bound: '{maxFeedAge} (`maxFeedAge`), with clocks {skew} apart', tests: feed },
  F6: { bound: '{feedPromise}', tests: feed },
  F7: { bound: 'a read each {feedRound}', tests: ['test/feed-load.test.ts'] },
  F8: {
    bound: '0',
    tests: [],
    also: '`test/introspection-agrees.test.ts`: “expired, to the second and with the leeway”, “signed by a revoked key”',
  },
  F9: { bound: '0', tests: [], also: '`test/interop/verifier-package.interop.ts`' },
  T1: {
    bound: '0',
    tests: ['test/one-time-tokens.test.ts', 'test/recovery-codes.test.ts'],
    words: 'a one-time token, and a ticket between two factors, is good once',
  },
  T2: {
    bound: '0',
    tests: ['test/one-time-tokens.test.ts', 'test/factors.test.ts'],
    words: 'it acts for the user as they were when it was made, and for no later one',
  },
  T3: {
    bound: '{attempts} attempts for each ticket',
    tests: ['test/factors.test.ts', 'test/factor-faults.test.ts'],
    words: 'no more guesses are verified than were counted',
  },
};
