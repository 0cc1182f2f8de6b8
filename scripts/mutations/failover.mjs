// Plausible mistakes around standbys, several hosts and fail-overs, and the test that detects each.
const PINS = 'src/database/connections/session-settings.ts';
const POOL = 'src/database/connections/pool.ts';
const HOSTS = 'src/database/connections/hosts.ts';
const READS = 'src/database/connections/primary-reads.ts';
const OUTAGES = 'src/database/connections/outages.ts';
const standby = (name) => ['test/standby.test.ts', '-t', name];
const lost = (name) => ['test/lost-commits.test.ts', '-t', name];
const hosts = (name) => ['test/several-hosts.test.ts', '-t', name];

/** [the mistake, the edits, the test]; an edit is [file, the present text, the text with the mistake]. */
const cases = [
  ['a connection may lead to a standby', [[PINS, '  refuseAnswer(rows, client);\n', '']], standby('led to a standby')],
  [
    'a read through a pooler does not look which server has answered',
    [[READS, '  rows.forEach(refuseStandby);\n', '']],
    standby('behind a pooler'),
  ],
  [
    'a row that a standby lacks counts as gone',
    [[READS, 'rows.length === wanted || poolOf', 'rows.length <= wanted || poolOf']],
    standby('behind a pooler'),
  ],
  [
    'each request looks for the host again',
    [[HOSTS, '      this.#at = found;\n', '']],
    hosts('costs its time-out once'),
  ],
  [
    'connections to a host that was left stay in use',
    [[POOL, 'for (const client of this.idle) cut(client);', '']],
    hosts('open before a change of hosts'),
  ],
  [
    'a connection that was in use when its host was left stays in use',
    [[POOL, 'for (const client of this.busy) this.retired.add(client);', '']],
    hosts('open before a change of hosts'),
  ],
  [
    'nothing that was lost is revoked again',
    [['src/sessions/reassertion.ts', 'watch.onOtherHistory = (from, to) => this.run(from, to);', '']],
    lost('that loses logouts'),
  ],
  [
    'a lost logout of all devices stays lost',
    [['src/users/raised-counters.ts', 'if (known.length === 0) return [];', 'if (known.length >= 0) return [];']],
    lost('that loses logouts'),
  ],
  [
    'a fail-over that lost nothing wakes somebody',
    [['src/sessions/reassertion.ts', 'isFirst && (wasAtRisk || isStepBack(found.from, found.to))', 'isFirst']],
    lost('loses nothing'),
  ],
  [
    'the grace runs on while the database is away',
    [[OUTAGES, 'from -= Math.max(0, until - since);', 'from -= 0;']],
    lost('stands still: a retry'),
  ],
  [
    'the grace stands still for ever',
    [[OUTAGES, 'Math.min(MAX_GRACE_SECONDS, (now - from) / 1_000)', '(now - from) / 1_000']],
    ['src/database/connections/outages.test.ts'],
  ],
  [
    'names of statements go on through a pooler that shares connections',
    [['src/database/prepared.ts', "new Set(['26000', '42P05'])", "new Set(['none'])"]],
    ['test/pgbouncer.test.ts', '-t', 'lose their names'],
  ],
];

/** The failed test. A copy that does not load detects nothing. */
function verdict(output) {
  const failed = /^\s*Tests\s+(\d+) failed/m.exec(output);
  const first = /^ FAIL {2}(.*)$/m.exec(output)?.[1];
  return failed ? `${failed[1]} failed, first: ${first}` : undefined;
}

export const mutations = cases.map(([name, edits, run]) => ({ name, edits, run, verdict }));
