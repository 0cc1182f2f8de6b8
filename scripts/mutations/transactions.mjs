// What transactions promise taken away, each with the test that detects it.
const TRANSACTIONS = 'src/database/transactions.ts';
const test = 'test/transactions.test.ts';

/**
 * Each is [words of the test's name, edits, the test where it is another one]; an edit is [file, present text, text with the mistake].
 * @type {Record<string, [string, string[][], string?]>}
 */
const guards = {
  'BEGIN is answered before the first statement leaves': [
    'sends BEGIN with what it reads',
    [
      [
        TRANSACTIONS,
        "const [, seen] = await together(client, () => [client.query('begin'), read(tx)] as const);",
        "await client.query('begin');\n    const seen = await read(tx);",
      ],
    ],
  ],
  'COMMIT waits for the statements': [
    'sends its statements before BEGIN is answered, and COMMIT before they are',
    [
      [
        TRANSACTIONS,
        "const whole = () => [client.query('begin'), send(tx), client.query('commit')] as const;\n    const [, result] = await together(client, whole);",
        "const [, result] = await together(client, () => [client.query('begin'), send(tx)] as const);\n    await client.query('commit');",
      ],
    ],
  ],
  'a failure of the statements is not noticed': [
    'commits nothing if one of its statements fails',
    [[TRANSACTIONS, 'return Promise.all(sent) as', 'return Promise.allSettled(sent) as']],
  ],
  'a sign-in at once does not ask whether a session ended by force': [
    'takes a look first shortly after a forced end',
    [['src/sessions/session-start.ts', ' and not ${afterForcedEnd}\n', '\n']],
  ],
  'a sign-in at once does not ask whether the user has changed': [
    'a login, held before each of its statements during a change of the password',
    [
      [
        'src/sessions/session-start.ts',
        'where ${isUnchanged} and ${live} <',
        "where ${sql.join([isUnchanged, sql`u.id = ${given('userId')}`], sql` or `)} and ${live} <",
      ],
    ],
    'test/refresh-interleavings.test.ts',
  ],
  'a sign-in at once does not count the sessions': [
    '',
    [['src/sessions/session-start.ts', '${live} < ${MANY_SESSIONS}', '${live} >= 0']],
    'test/session-list.test.ts',
  ],
  'the event of a sign-in at once is written whether there is a session or not': [
    'takes a look first shortly after a forced end',
    [
      [
        'src/sessions/session-start.ts',
        "(select from ${refreshTokens} where user_id = ${given('userId')} and id = ${given('id')}) as s",
        "(select where ${given('userId')}::uuid is not null and ${given('id')}::uuid is not null) as s",
      ],
    ],
  ],
  'the second factors that were read with the user are forgotten': [
    'by one factor',
    [['src/credentials/password/password-proof.ts', 'dueFactors: user.dueFactors', 'dueFactors: []']],
    'test/factor-doors.test.ts',
  ],
  'a transaction with an outdated plan is not run again': [
    'runs again without names',
    [[TRANSACTIONS, 'if (isRefused && keepsPlans) return transact(database, work, false);', '']],
  ],
  'a connection with an outdated plan is returned': [
    'runs again without names',
    [[TRANSACTIONS, 'if (isRefused || isDatabaseUnavailable(error))', 'if (isDatabaseUnavailable(error))']],
  ],
};

const verdict = (output) => /(?:AssertionError|[Ee]rror)[^:]*: (.*)/.exec(output)?.[1];

export const mutations = Object.entries(guards).map(([name, [words, edits, file = test]]) => ({
  name: `transactions: ${name}`,
  edits,
  run: words === '' ? [file] : [file, '-t', words],
  verdict,
}));
