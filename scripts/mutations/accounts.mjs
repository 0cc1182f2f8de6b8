// Mistakes in the life of an account, each with the test that must find it.
const DOOR = ['test/sign-in.test.ts', 'every public POST route'];
/** @param next the line after the mark */
const mark = (file, next) => [
  ...DOOR,
  [[`src/credentials/${file}.controller.ts`, `@OwnOriginOnly()\n  ${next}`, next]],
];

/** Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake]. */
const guards = {
  'a foreign page may register': mark('registration/registration', '@CostsHash()'),
  'a foreign page may verify an address': mark('registration/verification', '@Post()'),
  'a foreign page may ask for a verification': mark('registration/verification', "@Post('resend')"),
  'a foreign page may ask for a sign-in link': mark('magic/magic', "@Post('request')"),
  'a foreign page may make a device known': mark('recovery/device', '@Post()'),
  'a foreign page may ask for a reset': mark('recovery/recovery', "@Post('forgot')"),
  'a foreign page may reset a password': mark('recovery/recovery', '@CostsHash()'),
  'an invited account waits for a verification, so that anybody can register it again': [
    'test/invitation.test.ts',
    'nobody else gets an invited account',
    [
      [
        'src/users/users.ts',
        '.values({ id, email, passwordHash, role, emailVerifiedAt })',
        '.values({ id, email, passwordHash, pendingUntil: passwordHash ? null : new Date(4e12) })',
      ],
    ],
  ],
  'a row of user_emails opens the account of whoever had the address before': [
    'test/user-emails.test.ts',
    'a way that is out of date',
    [['src/users/users.ts', "sql`id = ${given('id')} and email = ${given('email')}`", "sql`id = ${given('id')}`"]],
  ],
  'an address is claimed whether it is free or not': [
    'test/user-emails.test.ts',
    'held before each of its statements',
    [
      [
        'src/users/users.ts',
        'if ((await this.emails.claim(tx, email, id)) !== id) return undefined;',
        'await this.emails.claim(tx, email, id);',
      ],
    ],
  ],
  'a change of address takes one that was registered meanwhile': [
    'test/user-emails.test.ts',
    'held before each of its statements',
    [['src/users/user-address.ts', '!== userId) return false;', '=== undefined) return false;', 2]],
  ],
  'a deleted account keeps its address': [
    'test/user-emails.test.ts',
    'frees the address',
    [['src/users/user-status.ts', 'await this.emails.free(tx, { email: gone.email, userId: id });', '']],
  ],
  'an account that nobody verified keeps its address when it goes': [
    'test/user-emails.test.ts',
    'frees the address',
    [['src/users/pending-users.ts', 'await this.emails.freeAll(tx, rows);', '']],
  ],
  'a deleted user stays good for siblings': [
    'test/revoked-subjects.test.ts',
    'the deletion of the account',
    [['src/revocation/revocations.ts', 'for (const userId of removed) await denyWhole(tx, userId);', '']],
  ],
  'siblings do not learn of a new role': [
    'test/revoked-subjects.test.ts',
    'a new role',
    [['src/revocation/revocations.ts', 'for (const userId of users) await denyOlder(tx, userId);', '']],
  ],
  'a change of address does not move the revision': [
    'test/user-emails.test.ts',
    'frees the address',
    [
      [
        'src/users/user-address.ts',
        'email_verified_at = protocol_now(), revision = u.revision + 1,',
        'email_verified_at = protocol_now(),',
      ],
    ],
  ],
};

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `accounts: ${name}`,
  edits,
  run: [file, '-t', test],
  // The last ones are of test/support/as-on-shards.ts.
  verdict: (output) =>
    /(?:AssertionError: |Error: (?=waited )|error: (?=An address leads |Nothing leads |A statement changes |Siblings ))(.*)/.exec(
      output,
    )?.[1],
}));
