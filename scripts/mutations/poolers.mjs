// Guards of connections through a pooler taken away, each with the test that detects it.
const POOLERS = 'test/pgbouncer.test.ts';
const SETTINGS = 'src/database/connections/session-settings.ts';

/**
 * Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake].
 * @type {Record<string, [string, string, string[][]]>}
 */
const guards = {
  'through a pooler in transaction mode, time-outs are not looked at': [
    POOLERS,
    'it warns of a role without time-outs',
    [[SETTINGS, "found.statement_timeout === '0'", "found.statement_timeout === 'never'"]],
  ],
  'through a pooler in transaction mode, a session is pinned': [
    POOLERS,
    'it refuses to start with settings that would leak',
    [[SETTINGS, 'if (isShared)', 'if (isShared && false)']],
  ],
};
/** Only a failed expectation counts: a copy that does not compile detects nothing. */
const verdict = (output) => /AssertionError: (.*)/.exec(output)?.[1];

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `poolers: ${name}`,
  edits,
  run: [file, '-t', test],
  verdict,
}));
