// What transactions promise taken away, each with the test that detects it.
const TRANSACTIONS = 'src/database/transactions.ts';
const test = 'test/transactions.test.ts';

/**
 * Each is [words of the test's name, edits]; an edit is [file, present text, text with the mistake].
 * @type {Record<string, [string, string[][]]>}
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

export const mutations = Object.entries(guards).map(([name, [words, edits]]) => ({
  name: `transactions: ${name}`,
  edits,
  run: [test, '-t', words],
  verdict,
}));
