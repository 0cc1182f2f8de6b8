// Mistakes with passkeys, each with the test that must find it.
const CHECK = 'src/factors/passkeys/passkey-check.ts';
const CHALLENGE = 'src/factors/passkeys/challenge.ts';
const LOGIN = 'test/passkey-login.test.ts';

/** Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake]. */
const guards = {
  'a frame of another site may use a passkey': [
    LOGIN,
    'that was signed in a frame of another site',
    [[CHECK, 'client.isFramed || ', '']],
  ],
  'a passkey opens the account that its answer names, whose ever it is': [
    LOGIN,
    'that names another user',
    [
      ['src/factors/passkeys/passkeys.ts', "p.user_id = ${given('userId')} and p.credential", 'p.credential'],
      [
        'src/factors/passkeys/passkeys.ts',
        'and(eq(passkeys.userId, userId), eq(passkeys.credentialId, credentialId))',
        'eq(passkeys.credentialId, credentialId)',
      ],
    ],
  ],
  'a passkey without user verification is a first factor': [
    LOGIN,
    'without user verification',
    [['src/credentials/passkeys/passkey-proof.ts', 'needsVerification: true', 'needsVerification: false']],
  ],
  'a passkey that was synchronised since signs in no more': [
    'test/factor-bug-reports.test.ts',
    'still signs in',
    [[CHECK, '(backupEligible && !canSync)', 'backupEligible !== canSync']],
  ],
  'a synchronised passkey may become another kind': [
    LOGIN,
    'could be backed up',
    [[CHECK, '!verified || (backupEligible && !canSync)', '!verified']],
  ],
  'an answer counts as often as it is sent': [
    LOGIN,
    'twenty times at once',
    [[CHECK, 'if (!(await this.challenges.spend(tx, userId, client.challenge))) return false;', '']],
  ],
  'a counter that was passed meanwhile is set back': [
    LOGIN,
    'counts one of two answers',
    [
      [
        'src/factors/passkeys/passkeys.ts',
        'sql`(${passkeys.signCount} < ${signCount} or (${passkeys.signCount} = 0 and ${signCount} = 0))`',
        'sql`true`',
      ],
    ],
  ],
  'a counter that stands still is not noticed': [
    LOGIN,
    'that stands still',
    [[CHECK, 'counted <= stored;', 'counted < stored;']],
  ],
  'a challenge lives for ever': [
    LOGIN,
    'after five minutes',
    [[CHALLENGE, 'age >= 0 && age < CHALLENGE_SECONDS * 1_000', 'age >= 0']],
  ],
  'a challenge is good in every browser': [
    LOGIN,
    'to the challenge of another browser',
    [[CHALLENGE, '.update(body).update(to).digest()', '.update(body).digest()']],
  ],
  'a challenge counts for every purpose of its user': [
    'test/passkey-factor.test.ts',
    'refuses the challenge of another purpose',
    [[CHALLENGE, 'body.readUInt8(0) === numbers[purpose] && ', '']],
  ],
  'an account takes an eleventh passkey': [
    'test/passkey-enrolment.test.ts',
    'that is the eleventh',
    [['src/factors/passkeys/passkeys.ts', "    if (others.length >= MAX_PASSKEYS) return 'full';\n", '']],
  ],
  'a passkey of any algorithm is taken': [
    'test/passkey-enrolment.test.ts',
    'which was not asked for',
    [
      [
        'src/factors/passkeys/passkey-registration.ts',
        'supportedAlgorithmIDs: [...ALGORITHMS]',
        'supportedAlgorithmIDs: [...ALGORITHMS, -35]',
      ],
    ],
  ],
  'a passkey may be made in a frame of another site': [
    'test/passkey-enrolment.test.ts',
    'that was made in a frame of another site',
    [['src/factors/passkeys/passkey-registration.ts', '!client || client.isFramed', '!client']],
  ],
  'wrong passkeys cost nothing': [
    LOGIN,
    'a network that presents many wrong passkeys',
    [['src/credentials/passkeys/passkey-proof.ts', '      await held.count();\n', '']],
  ],
};

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `passkeys: ${name}`,
  edits,
  run: [file, '-t', test],
  verdict: (output) => /(?:AssertionError: |Error: (?=waited ))(.*)/.exec(output)?.[1],
}));
