// Guards of mails and notices taken away, each with the test that detects it.
const NOTICES = 'test/notices.test.ts';

/**
 * Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake].
 * @type {Record<string, [string, string, string[][]]>}
 */
const guards = {
  'a known device is told all the same': [
    NOTICES,
    'is not told on a known device',
    [
      [
        'src/sign-in/new-device.ts',
        'if (await this.devices.of(user, exchange.request, deviceToken)) return undefined;',
        '',
      ],
    ],
  ],
  'the first sign-in of a new account is told': [
    NOTICES,
    'is not told at the first sign-in',
    [['src/sessions/sessions.ts', 'if (alongside && !(await this.isFirst(tx, userId, id)))', 'if (alongside)']],
  ],
  'notices bury a mailbox': [
    NOTICES,
    'buries no mailbox',
    [['src/mail/requested-mail.ts', 'if (!(await this.mailLimit.takeNotice(address))) return undefined;', '']],
  ],
  'a value of a mail is markup': [
    'src/mail/messages/compose.test.ts',
    'a value is text wherever it goes',
    [['src/mail/messages/fill.ts', 'oneLine(value).replaceAll(/[&<>"\']/g,', 'oneLine(value).replaceAll(/[&]/g,']],
  ],
  'a value of a mail begins a header': [
    'src/mail/messages/compose.test.ts',
    'a value is text wherever it goes',
    [['src/mail/messages/fill.ts', "value.replaceAll(CONTROL, ' ')", 'value']],
  ],
};

/** Only a failed expectation counts: a copy that does not compile detects nothing. */
const verdict = (output) => /(?:AssertionError: |Error: (?=waited ))(.*)/.exec(output)?.[1];

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `mail: ${name}`,
  edits,
  run: [file, '-t', test],
  verdict,
}));
