// Guards of the administrators' lists taken away, which their tests must detect.
const CURSORS = 'src/admin/sealed-cursors.ts';
const PAGE = 'src/admin/bounded-page.ts';
const EVENTS = 'src/admin/event-search.ts';
const USERS = 'src/admin/user-search.ts';

/**
 * Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake].
 * @type {Record<string, [string, string, string[][]]>}
 */
const guards = {
  'a cursor fits other filters': [
    'admin-lists',
    'of other filters opens nothing',
    [[CURSORS, 'return JSON.stringify([route, given', 'return JSON.stringify([route, given.slice(0, 0)']],
  ],
  'a cursor fits another list': [
    'admin-lists',
    'of another list opens nothing',
    [[CURSORS, 'return JSON.stringify([route,', 'return JSON.stringify([']],
  ],
  'a cursor has several spellings': [
    'admin-lists',
    'has one spelling',
    [[CURSORS, "if (sealed.toString('base64url') !== text) throw refusal();", '']],
  ],
  'a page without a fit has no next': [
    'admin-lists',
    'of which few fit',
    [[PAGE, 'const isFull = looked === windowOf(scan.fits, limit);', 'const isFull = found.length > 0;']],
  ],
  'a prefix is a pattern': [
    'admin-lists',
    'takes %, _ and',
    [
      [
        USERS,
        'const range = sql`${from} and ${email} < ${prefix + LAST}`',
        'const range = sql`${from} and email like ${`${prefix}%`}`',
      ],
    ],
  ],
  'the planner may sort': [
    'admin-list-plans',
    'for a frequent type',
    [[PAGE, "await tx.execute(sql`select set_config('enable_sort', 'off', true)`);", '']],
  ],
  'a page looks at more than its window': [
    'admin-list-plans',
    'for an address and a type',
    [[PAGE, '(fits ? WINDOW : limit + 1)', '(fits ? WINDOW * 5 : limit + 1)']],
  ],
  'events of one instant are skipped': [
    'admin-lists',
    'those of one instant included',
    [[EVENTS, "interval '1 microsecond')`, id };", "interval '1 microsecond')`, id: LEAST_ID };"]],
  ],
  'people are counted for every request': [
    'admin-operations',
    'once a minute at most',
    [['src/admin/kept.ts', '< this.forMs) return', '< 0) return']],
  ],
  'a slow count fails the whole answer': [
    'admin-operations',
    'counting takes too long',
    [['src/admin/figures.ts', 'if (code === QUERY_CANCELED) return null;', '']],
  ],
  'a formula stays one': [
    'admin-csv',
    'every cell of an attacker is a text',
    [['src/admin/csv.ts', 'FORMULA.test(text) ?', 'text === undefined ?']],
  ],
};

/** Only a failed expectation counts: a copy that does not compile detects nothing. */
const verdict = (output) => /AssertionError: (.*)/.exec(output)?.[1];

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `admin lists: ${name}`,
  edits,
  run: [`test/${file}.test.ts`, '-t', test],
  verdict,
}));
