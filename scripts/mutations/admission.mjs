// Guards of the crowd taken away, which test/admission.test.ts must detect.
const APP = 'src/app.ts';

/** @type {[string, string, string[][]][]} */
const cases = [
  [
    'a refresh always has a place',
    'answered too late is refused',
    [[APP, 'if (answersInTime(request)) admission.enter(request.id);', '']],
  ],
  [
    'the grace goes on while refreshes are refused',
    'the grace stands still',
    [[APP, '  admission.onRefusal = () => app.get(DatabasePool).pool.outages.failed();\n', '']],
  ],
  [
    'half a request takes a place',
    'half a request',
    [
      [
        APP,
        "addHook('preHandler', (request, _, done) => {\n    if (answersInTime",
        "addHook('onRequest', (request, _, done) => {\n    if (answersInTime",
      ],
    ],
  ],
];

/** Only a failed expectation counts: a copy that does not compile detects nothing. */
const verdict = (output) => /(?:AssertionError: |Error: (?=Timed out|waited ))(.*)/.exec(output)?.[1];

export const mutations = cases.map(([name, test, edits]) => ({
  name,
  edits,
  run: ['test/admission.test.ts', '-t', test],
  verdict,
}));
