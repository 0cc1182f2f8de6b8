// Guards of the crowd taken away, which test/admission.test.ts and the tests of src/limits must detect.
const [APP, ADMISSION, RATE] = ['src/app.ts', 'src/limits/admission.ts', 'src/limits/service-rate.ts'];
const BY_HTTP = 'test/admission.test.ts';
const BY_CLOCK = 'src/limits/admission.test.ts';

/** @type {[string, string, string, string[][]][]} */
const cases = [
  [
    'a refresh always has a place',
    BY_HTTP,
    'answered too late is refused',
    [[ADMISSION, '    if (this.places.size < Math.max(ALWAYS, most)) return undefined;\n', '    return undefined;\n']],
  ],
  [
    'the grace goes on while refreshes are refused',
    BY_HTTP,
    'the grace stands still',
    [[APP, '  admission.onRefusal = () => outages.failed();\n', '']],
  ],
  [
    'the grace forgets what was refused while the answer of the database waited to be read',
    'src/database/connections/outages.test.ts',
    'after the question',
    [['src/database/connections/outages.ts', 'this.isAway = this.failedAt > askedAt;', 'this.isAway = false;']],
  ],
  [
    'a crowd is refused only when its bodies have been read',
    BY_HTTP,
    'before its body has come',
    [[APP, '    if (answersInTime(request) && refuses(request, reply)) return;\n', '']],
  ],
  [
    'half a request takes a place',
    BY_HTTP,
    'half a request',
    [
      [
        APP,
        'refuses(request, reply)) return;\n    done();',
        'refuses(request, reply)) return;\n    if (answersInTime(request)) admission.enter(request.id);\n    done();',
      ],
    ],
  ],
  [
    'the rest of a request takes a place where there is none',
    BY_HTTP,
    'the rest of their requests',
    [[APP, '      if (refuses(request, reply)) return;\n', '']],
  ],
  [
    'a client that has left keeps its place',
    BY_HTTP,
    'a place is given back',
    [
      [
        APP,
        "addHook('onSend', (request, reply, payload, done) => {",
        "addHook('onResponse', (request, reply, done, payload?: undefined) => {",
      ],
    ],
  ],
  [
    'each refusal of a crowd writes a line',
    BY_HTTP,
    'a line a second',
    [['src/http/refusal-log.ts', "  overloaded: 'warn',\n", '']],
  ],
  [
    'a refused crowd is not logged',
    BY_HTTP,
    'a line a second',
    [['src/http/quick-refusal.ts', '    this.log.record(refusal, request);\n', '']],
  ],
  [
    'what an instance can do is measured by how long an answer takes with how many under way, turns of the loop included',
    BY_CLOCK,
    'in heaps',
    [
      [
        ADMISSION,
        'if (isAnswered) this.rate.countAnswer(now);',
        'const each = (now - since) / [...this.places.keys()].indexOf(id);\n    if (isAnswered) this.rate.perSecond += (1_000 / each - this.rate.perSecond) / 32;',
      ],
    ],
  ],
  [
    'an idle second shows how little an instance can do',
    BY_CLOCK,
    'has less to do refuses nobody|meets an idle instance',
    [[RATE, 'else if (this.isBusy)', 'else']],
  ],
  [
    'one bad second shows how little an instance can do',
    BY_CLOCK,
    'meets an idle instance',
    [[RATE, 'const BUSY_PERIODS = 5', 'const BUSY_PERIODS = 1']],
  ],
  [
    'an instance never thinks less of itself',
    BY_CLOCK,
    'still does as much|next one does not|slow for a minute',
    [[RATE, 'if (++this.below === BUSY_PERIODS) this.change(this.best);', 'this.below++;']],
  ],
  [
    'a slow instance lets nobody in',
    BY_CLOCK,
    'always lets 64 in|answers nothing for a minute',
    [[ADMISSION, 'Math.max(ALWAYS, most)', 'most']],
  ],
  [
    'the refused come again at once, however long it lasts',
    BY_CLOCK,
    'asks to return the later',
    [[ADMISSION, 'if (now - this.lastRefusal > CALM_MS) this.refusesSince', 'this.refusesSince']],
  ],
];

/** Only a failed expectation counts: a copy that does not compile detects nothing. */
const verdict = (output) => /(?:AssertionError: |Error: (?=Timed out|waited ))(.*)/.exec(output)?.[1];

export const mutations = cases.map(([name, file, test, edits]) => ({
  name,
  edits,
  run: [file, '-t', test],
  verdict,
}));
