// Mistakes in tracing, each with the test that must find it.

const SECRETS = 'no secret, no address';

/** Each is [words of the test's name, file, present text, text with the mistake]. */
const mistakes = {
  "a stranger's flag decides what is recorded": [
    'neither forces nor prevents',
    'sampler',
    '(!parent.isRemote || this.trustsCallers)',
    'true',
  ],
  'a span is named by its URL': [
    SECRETS,
    'requests',
    'const route = request.routeOptions.url;',
    'const route = request.url;',
  ],
  'a statement is recorded with its values': [
    SECRETS,
    'statements',
    "'db.system.name': 'postgresql',",
    "'db.system.name': 'postgresql', 'db.query.text': JSON.stringify(asked),",
  ],
  'a command is recorded with its arguments': [
    SECRETS,
    'commands',
    "'db.operation.name': name };",
    "'db.operation.name': name, args: JSON.stringify(command) };",
  ],
  'an error is recorded with its message': [
    'by its code alone',
    'spans',
    'span.setStatus({ code: SpanStatusCode.ERROR });',
    'span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });',
  ],
  'strangers learn the ids of traces': ['learn no trace id', 'outgoing', "if (peer === 'alert_webhook')", 'if (peer)'],
  'finished spans wait without a bound': [
    'a bounded number of spans',
    'export',
    'if (this.waiting >= MAX_WAITING)',
    'if (this.waiting < 0)',
  ],
};

/** Only a failed expectation counts: a copy that does not compile detects nothing. */
const verdict = (output) => /(?:AssertionError: |Error: (?=waited ))(.*)/.exec(output)?.[1];

export const mutations = Object.entries(mistakes).map(([name, [test, file, before, after]]) => ({
  name,
  edits: [[`src/tracing/${file}.ts`, before, after]],
  run: ['test/tracing.test.ts', '-t', test],
  verdict,
}));
