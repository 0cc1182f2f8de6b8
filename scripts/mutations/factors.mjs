// Guards of second factors taken away, which their tests must detect.
const TICKETS = 'src/factors/factor-tickets.ts';
const STATEMENTS = 'src/factors/ticket-statements.ts';
const TOTP = 'src/factors/totp-authenticators.ts';
const CODES = 'src/factors/recovery-codes.ts';
const GUESSES = 'src/limits/code-guesses.ts';

/**
 * Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake].
 * @type {Record<string, [string, string, string[][]]>}
 */
const guards = {
  'a sign-in asks for no second factor': [
    'factor-doors',
    'starts no session by one factor',
    [['src/sign-in/factor-demand.ts', 'if (methods.length > 0) return', 'if (methods.length > 9) return']],
  ],
  'a ticket has endless attempts': [
    'factors',
    'the sixth is refused',
    [
      [
        STATEMENTS,
        "and t.attempts < ${MAX_ATTEMPTS} and t.purpose = any(${given('purposes')}::text[])\n  returning",
        "and t.purpose = any(${given('purposes')}::text[])\n  returning",
      ],
    ],
  ],
  'a ticket never ends': ['factors', 'is over after five minutes', [[STATEMENTS, ' and t.expires_at > ${now}', '']]],
  'a ticket outlives a change of its user': [
    'factors',
    'is over when the password changes',
    [
      [
        STATEMENTS,
        'and u.disabled_at is null and u.session_epoch = t.session_epoch and u.token_version = t.token_version\n' +
          '  and u.credential_version = t.credential_version',
        'and u.disabled_at is null',
      ],
    ],
  ],
  'a ticket of a cookie counts in a body': [
    'factors',
    'of a cookie counts in no body',
    [['src/sign-in/presented-ticket.ts', 'if (ticket?.transport !== transport)', 'if (ticket === undefined)']],
  ],
  'a code counts twice': [
    'totp',
    'one code in many tickets',
    [[TOTP, "\n         and last_step < ${given('step')} returning id", ' returning id']],
  ],
  'of several requests with one ticket each gets it': [
    'recovery-codes',
    'five codes at once',
    [[TICKETS, 'await statements.lockUser.runIn(tx, which);', '']],
  ],
  'a proof for an ended session uses a factor up': [
    'factor-attacks',
    'that has ended meanwhile',
    [['src/sessions/reauthentication.ts', 'if (!row) throw hasEnded;', 'if (!row) return undefined;']],
  ],
  'after a reset the mailbox alone enrols a factor': [
    'factor-attacks',
    'the mailbox alone enrols no factor',
    [['src/enrolment/after-reset.ts', 'if (needsToken && hasPassword) this.assertByPassword(enrolling);', '']],
  ],
  'a recovery code counts twice': [
    'recovery-codes',
    'spent thirty times at once',
    [
      [
        CODES,
        "update ${recoveryCodes} set used_at = protocol_now()\n       where user_id = ${given('userId')} and hash = ${given('hash')} and used_at is null",
        "update ${recoveryCodes} set used_at = protocol_now()\n       where user_id = ${given('userId')} and hash = ${given('hash')}",
      ],
    ],
  ],
  'a seed opens in any row': [
    'totp',
    'does not open in the row of another',
    [['src/keys/key-encryption.ts', "columns.join(' ')", "columns.length > 1 ? 'row' : columns.join(' ')"]],
  ],
  'a right code takes every wrong one away': [
    'totp',
    'gives the owner back',
    [[GUESSES, 'await this.budget.forgive(charge, guesses)', 'await this.budget.clear(charge)']],
  ],
  'wrong codes never close': [
    'totp',
    'closes at a hundred',
    [[GUESSES, 'closesAt: Math.ceil(GUESSES_MAX / authenticators)', 'closesAt: 1_000_000']],
  ],
  'more apps, more guesses': [
    'totp',
    'smaller for an account with several apps',
    [[GUESSES, 'Math.ceil(GUESSES_MAX / authenticators)', 'GUESSES_MAX']],
  ],
  'a code is verified by the clock of the process': [
    'factor-faults',
    'not believed by the clock of the process',
    [['src/factors/totp-check.ts', 'code, ticket.now)', 'code, new Date(Date.now() + 18_000_000))']],
  ],
  'a delay costs an attempt of the ticket': [
    'totp',
    'takes no attempt of the ticket',
    [['src/factors/totp-check.ts', 'await this.tickets.giveBack(ticket);', '']],
  ],
  'a password change renews the proof by two factors': [
    'factors',
    'keeps what the session was worth',
    [
      [
        'src/credentials/password/password.controller.ts',
        "methods.includes('mfa') ? { methods, authenticatedAt } : { methods: ['pwd'] }",
        "methods.includes('mfa') && authenticatedAt ? { methods } : { methods: ['pwd'] }",
      ],
    ],
  ],
};

/** Only a failed expectation counts: a copy that does not compile detects nothing. */
const verdict = (output) => /(?:AssertionError: |Error: (?=waited |login: ))(.*)/.exec(output)?.[1];

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name,
  edits,
  run: [`test/${file}.test.ts`, '-t', test],
  verdict,
}));
