// The promises of the README, in its words: what bounds each, and what shows it. {grace} is a number of numbers.ts.

export interface Shown {
  /** The bound, and what changes it. */
  readonly bound: string;
  /** Tests with their titles, models with their names, measurements; each has to exist. */
  readonly shownBy: string;
}

export const promises: Readonly<Record<string, Shown>> = {
  'Two tabs that refresh at once, or a lost answer retried within a minute, sign nobody out': {
    bound:
      '{grace} (`REFRESH_GRACE_SECONDS`; 0 is strict), {graceBound} for a session that is bound to a key ' +
      '(`REFRESH_GRACE_BOUND_SECONDS`), and as long as the database was away meanwhile, ' +
      '{maxGrace} in all',
    shownBy:
      '`test/refresh.test.ts`: “a lost answer can be retried for most of a minute with the default ' +
      'settings”; `models/refresh.pml` R1, R3, R8, in the end, too',
  },
  'After a logout answered 2xx, no access token of that session is accepted': {
    bound:
      '0, on every instance, whatever happens to Redis; 60 s on one that reads another Redis than the one ' +
      'that confirmed; until the fail-over is repaired where the database has lost the commit (below)',
    shownBy:
      "`test/sessions.test.ts`: “revokes the session's access tokens and refresh token, and affects no " +
      'other device”; `models/revocation.pml` V1, V2, V3, V11',
  },
  'A sibling that follows the feed refuses the token within 2 s of that (measured p99: 0.35 s)': {
    bound:
      '{feedPromise}; without the feed {maxFeedAge} and then 503 (`maxFeedAge`), or the life of the token (`onStale`)',
    shownBy:
      '`test/verifier-issuer.test.ts`: “F1: whichever of three instances ended the session, and whichever ' +
      'one the sibling asks”; `models/feed.pml` F1, F2, F3; measured by `bench/scenarios/feed.mjs`',
  },
  'A reused refresh token ends its own session only, with one alert that says how grave it is': {
    bound: '0 after the grace of {grace} (`REFRESH_GRACE_SECONDS`); with `REFRESH_REUSE_MODE=observe` only the alert',
    shownBy:
      '`test/refresh.test.ts`: “a reuse from another user agent is reported as a likely theft, a late ' +
      'retry as a lost response”; `models/refresh.pml` R2',
  },
  'A copied refresh token of a session that is bound to a key opens and ends nothing': {
    bound: '0, at any age; nothing is promised while instances of a release without bound sessions run',
    shownBy:
      '`test/bound-refresh.test.ts`: “opens nothing %i seconds after its owner used it, from any instance, ' +
      'and its owner goes on”',
  },
  'No way to sign in passes an account with a second factor by one alone': {
    bound: '0; {attempts} guesses for each ticket',
    shownBy:
      '`test/factor-doors.test.ts`: “every route that can start a session is known here”, “%s starts no ' +
      'session by one factor, and continues by the second”; `models/tickets.pml` T1, T2, T3',
  },
  'A provider that lies, in 42 ways, signs nobody in, and the log names the lie': {
    bound: '0',
    shownBy: '`test/upstream-lies.test.ts`: “%s: no session, no user, one code, and the log names it”',
  },
  'A fault of the database is a 503 that keeps the session, never a 401': {
    bound: '{verdictTimeout} for a check (`VERDICT_TIMEOUT_MS`), {queryTimeout} for anything else',
    shownBy:
      '`test/outage.test.ts`: “without its database the service answers 503 unavailable, never 401, and ' +
      'nobody is logged out”, “a silent database is answered with 503 within seconds, and the pool ' +
      'recovers when it answers again”',
  },
  'SIGTERM, kill -9 and a database restarted under load sign nobody out': {
    bound: 'a lost answer: the grace of {grace}',
    shownBy:
      '`test/restarts.test.ts`: “SIGTERM under a steady refresh load, ${ROUNDS} times: exit code 0, no ' +
      'answer lost, nobody logged out”, “kill -9 under a steady refresh load, ${ROUNDS} times: nobody is ' +
      'logged out (R8)”; `models/refresh.pml` R8',
  },
  'A standby gives no verdict; a logout that a fail-over has lost holds again within seconds': {
    bound:
      'a standby: 0; a lost logout: the next look at the primary, each {watch}, and the time to write it; ' +
      'of what ended within {memory}, {remembered} acts at most for each instance',
    shownBy:
      '`test/standby.test.ts`: “a service that is led to a standby gives no verdict and is not ready, and ' +
      'goes on when it is led back”; `test/lost-commits.test.ts`: “that loses logouts has them repeated: ' +
      'the tokens are refused, the sessions are dead, and an alert says so”',
  },
  'Whatever administrators do at the same time, one of them is left': {
    bound: '0',
    shownBy:
      '`test/last-admin.test.ts`: “in 500 rounds of acts at once by two instances on one to four ' +
      'administrators, one is always left”',
  },
  'An audit event commits with the act that it describes, and the service cannot remove it': {
    bound: '0; kept for `AUDIT_RETENTION_MONTHS`',
    shownBy:
      '`test/audit.test.ts`: “undoes a change whose row cannot be written (ASVS 2.3.3)”, “can add and ' +
      'read audit rows, but not change, delete or backdate one (ASVS 16.4.2)”',
  },
  'No secret stands in a log, an error answer, a metric or the database': {
    bound: '0',
    shownBy:
      '`test/storage.test.ts`: “R9: no table contains a usable token, selector, secret or password”; ' +
      '`test/support/leaks.ts` searches each service of the suite',
  },
  'Keys rotate by themselves without one refused token; a revoked key dies within 2 s': {
    bound:
      'no token: W1 of {publishAhead}, W2 of {removeAfter} (`KEY_PUBLISH_AHEAD_SECONDS`, ' +
      '`KEY_REMOVE_AFTER_SECONDS`); a revoked key: a look each {keyRound}; without PostgreSQL ' +
      '{unconfirmed}, then 503',
    shownBy:
      '`test/key-rotation.test.ts`: “is refused by every instance at its next poll, with keep; the ' +
      'standby signs at once”; `models/keys.pml` K1, K2, K3, K4',
  },
  'Storage grows with sessions, not with refreshes': {
    bound: '0 rows for a refresh',
    shownBy:
      '`bench/results/latest.json`: “rows a refresh, 1,000,000 sessions”, “refresh p99 with 1,000,000 ' +
      'sessions against 10,000 sessions”',
  },
};
