// Mistakes in our client that the conformance kit must find, and mistakes in the kit's own judgement.
const OURS = ['test/conformance.test.ts', 'passes our own client'];

/** Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake]. */
const guards = {
  'a refresh follows a redirect to a foreign origin': [
    ...OURS,
    [['packages/client/src/post.ts', "redirect: 'error'", "redirect: 'follow'"]],
  ],
  'a 503 ends the session': [
    ...OURS,
    [
      [
        'packages/client/src/refresh.ts',
        "problem.session === 'ended'",
        "problem.session === 'ended' || response.status === 503",
      ],
    ],
  ],
  'the kit keeps the last successor of a token only': [
    'test/conformance.test.ts',
    'two different successors',
    [['conformance/kit/ledger.ts', "tokens.add(createHash('sha256')", "new Set<string>().add(createHash('sha256')"]],
  ],
  'the kit trusts what a client says': [
    'test/conformance.test.ts',
    'fails a naive client',
    [
      [
        'conformance/kit/foreign.ts',
        'hasCredentials || known.some((secret) => text.includes(secret))',
        'hasCredentials && known.length === 0',
      ],
    ],
  ],
};

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `conformance: ${name}`,
  edits,
  run: [file, '-t', test],
  verdict: (output) => /AssertionError: (.*)/.exec(output)?.[1],
}));
