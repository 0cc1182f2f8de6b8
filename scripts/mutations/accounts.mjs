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
        'const row = { id: uuidv7(), email, passwordHash, role, emailVerifiedAt };',
        'const row = { id: uuidv7(), email, passwordHash, pendingUntil: passwordHash ? null : new Date(4e12) };',
      ],
    ],
  ],
};

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `accounts: ${name}`,
  edits,
  run: [file, '-t', test],
  verdict: (output) => /(?:AssertionError: |Error: (?=waited ))(.*)/.exec(output)?.[1],
}));
