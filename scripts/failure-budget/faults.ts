// What each fault does to who is signed in and to who is signed out, for how long, and what shows it.

export interface Fault {
  readonly fault: string;
  /** To who is signed in. */
  readonly signedIn: string;
  /** To who was signed out, after the 2xx. */
  readonly signedOut: string;
  readonly shownBy: string;
}

export const faults: readonly Fault[] = [
  {
    fault: 'Redis is away, hangs or is cut off',
    signedIn: 'a check waits {redisTimeout} (`REDIS_TIMEOUT_MS`) and then asks PostgreSQL; nobody is signed out',
    signedOut: 'stays out. A new logout commits, and is answered 503 `revocation_unconfirmed` after {confirm}',
    shownBy:
      '`test/redis-faults.test.ts`: “%s, PostgreSQL gives the right verdicts, and Redis is used again ' +
      'afterwards (V4)”; measured by `bench/redis-loss.mjs`',
  },
  {
    fault: 'Redis is flushed, or evicts',
    signedIn: 'nothing',
    signedOut: 'stays out',
    shownBy:
      '`test/redis-faults.test.ts`: “PostgreSQL answers for entries that Redis evicts, and no revoked ' +
      'token is accepted (V2)”; `models/revocation.pml` V2',
  },
  {
    fault: 'Redis is promoted to a replica that lags, or restarts from an old dump',
    signedIn: 'nothing but one read for each user',
    signedOut: 'stays out: an entry counts only on the server, and in the history, in which it was written',
    shownBy:
      '`test/redis-failover.test.ts`: “is a promoted replica that missed the revocation (V3)”, “was ' +
      'restarted from a dump that is older than the revocation (V3)”; `models/revocation.pml` V3',
  },
  {
    fault: 'Redis answers reads and refuses writes',
    signedIn: 'nothing',
    signedOut: 'a logout is answered 503; the token may be good for 60 s, or until 2 s after Redis takes writes',
    shownBy:
      '`test/redis-faults.test.ts`: “a revocation is committed and answered with 503; the outbox delivers ' +
      'it, and the old entry lives under a minute (V5)”',
  },
  {
    fault: 'an instance speaks to a deposed primary of Redis across a partition, or to another Redis',
    signedIn: 'nothing',
    signedOut: 'may be accepted by that instance for 60 s',
    shownBy: '`test/revocation-cache.test.ts`: “lives for less than a minute, and no check makes that longer (V9)”',
  },
  {
    fault: 'PostgreSQL is away',
    signedIn:
      '503 with `keep`. What Redis knows is answered for {unconfirmed}. The grace stands still, for {maxGrace} in all',
    signedOut: 'stays out; a new logout is 503 and has not happened',
    shownBy:
      '`test/outage.test.ts`: “without its database the service answers 503 unavailable, never 401, and ' +
      'nobody is logged out”; `test/lost-commits.test.ts`: “stands still: a retry after minutes receives ' +
      'the same successor, and no alert is raised”; `test/instance-alone.test.ts`: “an instance that ' +
      'reaches Redis but not PostgreSQL answers 503 after 5 seconds, as a key may be revoked”',
  },
  {
    fault: 'Redis and PostgreSQL are away',
    signedIn: '503 with `keep` after {verdictTimeout} (`VERDICT_TIMEOUT_MS`)',
    signedOut: 'stays out',
    shownBy:
      '`test/redis-faults.test.ts`: “and PostgreSQL are both down: 503 and keep, never 401, no token ' +
      'accepted, and full recovery afterwards (V4)”',
  },
  {
    fault: 'PostgreSQL fails over and loses no commit',
    signedIn: '503 for as long as it takes; a host that hangs costs {connect} once',
    signedOut: 'stays out',
    shownBy:
      '`test/several-hosts.test.ts`: “a primary that is killed is followed by the promoted standby: ' +
      'sessions go on, the dead stay dead”; `test/lost-commits.test.ts`: “with synchronous replication ' +
      'loses nothing, and wakes nobody”; measured by `test/failover/run.ts`',
  },
  {
    fault: 'PostgreSQL fails over and loses commits (asynchronous replication)',
    signedIn: 'a session whose last refresh is lost: 401 `session_state_lost`, and no alert of theft',
    signedOut:
      'lives again until each instance has repeated what it ended, after a look each {watch}. Not ' +
      'bounded: what an instance had ended that died meanwhile, and changed passwords, roles and disabled ' +
      'users. Set synchronous replication',
    shownBy:
      '`test/lost-commits.test.ts`: “that loses logouts has them repeated: the tokens are refused, the ' +
      'sessions are dead, and an alert says so”; `models/refresh.pml` R6',
  },
  {
    fault: 'a primary of PostgreSQL that was deposed wakes up, or is in a partition with an instance',
    signedIn: 'nothing',
    signedOut:
      'one that wakes up gives no verdict once its successor is known. In a partition not bounded here: ' +
      'the lease of what fences the primary bounds it (Patroni: `ttl`)',
    shownBy:
      '`test/several-hosts.test.ts`: “a primary that hangs while another is promoted gives no verdict ' +
      'when it wakes up”; measured by `test/failover/run.ts`',
  },
  {
    fault: 'the database is restored from a backup',
    signedIn: 'who refreshed since: 401 `session_state_lost`, and no alert',
    signedOut: 'lives again: `sessions end --all` is a step of the restore',
    shownBy: '`docs/operations/backup.md`; `models/refresh.pml` R6',
  },
  {
    fault: 'an instance dies',
    signedIn: 'a lost answer is retried after {clientTry}, within {grace}',
    signedOut: 'who has no 2xx tries again; the outbox of another instance tells Redis',
    shownBy:
      '`test/restarts.test.ts`: “kill -9 under a steady refresh load, ${ROUNDS} times: nobody is logged ' +
      'out (R8)”; `models/refresh.pml` R8; `models/revocation.pml` V1',
  },
  {
    fault: 'an instance hangs, sleeps, or is cut off from PostgreSQL',
    signedIn: 'it asks before it signs or verifies, once it has not reached PostgreSQL for {unconfirmed}',
    signedOut: 'stays out; a revoked key may be trusted by it for {unconfirmed}',
    shownBy:
      '`test/key-rotation.test.ts`: “an instance that slept for a minute asks before it signs”; ' +
      "`test/instance-alone.test.ts`: “the database's time counts from the query: a machine that slept " +
      'meanwhile does not use the old time”; `models/keys.pml` K2',
  },
  {
    fault: 'the clock of an instance drifts',
    signedIn: 'nothing: the time is the database’s',
    signedOut: 'stays out',
    shownBy:
      '`test/instance-alone.test.ts`: “a logged-out token stays refused on an instance with a slow clock ' +
      'after its revocation was purged”, “a clock that is more than 5 seconds off is logged once and ' +
      'shown as a metric”',
  },
  {
    fault: 'the clock of a sibling drifts',
    signedIn: 'nothing up to {skew}; beyond, its feed seems old, or tokens seem to have expired',
    signedOut: 'stays out; a token that has expired may be good for {leeway} and as long as the clock is behind',
    shownBy: '`test/verifier-issuer.test.ts`: “the clock of the sibling is %i seconds ahead”',
  },
  {
    fault: 'the key-encryption key is wrong, or gone',
    signedIn: 'an instance that runs goes on; none starts. Lost for good: everybody signs in again',
    signedOut: 'stays out',
    shownBy:
      '`test/key-encryption-key.test.ts`: “stops the start with a message that names every key and the ' +
      'secret, and changes nothing”; `docs/operations/incidents.md`',
  },
  {
    fault: 'every signing key is revoked, or their table is emptied',
    signedIn: 'sign-ins and refreshes are 503 for seconds, until a new key signs; an emptied table: nothing',
    signedOut: 'stays out',
    shownBy:
      '`test/key-rotation.test.ts`: “together with the standby: the service makes a key, signs again in ' +
      'seconds, and is not ready meanwhile”, “survives a table that was emptied by hand: the last good ' +
      'set stays, without new keys”; `models/keys.pml` K4',
  },
  {
    fault: 'a sibling has no feed',
    signedIn: '503 with `keep` after {maxFeedAge} (`onStale: refuse`), or nothing (`accept`)',
    signedOut:
      'may be accepted for {maxFeedAge}; with `accept`, or by a verifier of the key set only, for ' +
      '{accessLife} and {leeway}',
    shownBy:
      '`test/verifier.test.ts`: “a route refuses with 503 and keeps the session once the feed is older ' +
      'than maxFeedAge, or accepts by its policy”; `models/feed.pml` F3',
  },
  {
    fault: 'an instance cannot read the revoked set',
    signedIn: 'its followers see its time stand still, and refuse or accept as above; after {feedLife} it answers 503',
    signedOut: 'stays out with `refuse`, after {maxFeedAge}',
    shownBy:
      '`test/feed.test.ts`: “that cannot be read is never called newer (F3)”; ' +
      '`test/verifier-issuer.test.ts`: “the issuer cannot read its database: it answers, but the sibling ' +
      'sees the feed grow old and refuses”; `models/feed.pml` F3',
  },
  {
    fault: 'a client is offline for longer than the grace',
    signedIn:
      'nothing for {idle} (`REFRESH_IDLE_DAYS`), if it has its last answer. If that was lost, the session ' +
      'ends when it returns, with the alert `lost_response`',
    signedOut: 'stays out',
    shownBy:
      '`test/refresh.test.ts`: “a reuse from another user agent is reported as a likely theft, a late ' +
      'retry as a lost response”, “ends when it is idle for longer than its limit; remember-me lives ' +
      'longer”',
  },
  {
    fault: 'more clients come at once than are served',
    signedIn: '503 with `keep` for what would wait for longer than {patience}; the grace stands still meanwhile',
    signedOut: 'stays out',
    shownBy:
      '`test/admission.test.ts`: “a refresh that would be answered too late is refused at once, keeps its ' +
      'session, and works when the crowd has gone”, “the grace stands still while refreshes are refused: ' +
      'a client that was kept waiting is no thief”',
  },
];
