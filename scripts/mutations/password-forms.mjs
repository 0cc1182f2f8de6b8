// Guards of the passwords of other systems taken away, each with the test that must detect it.
const FORMS = 'src/credentials/password/forms';
const PASSWORDS = 'src/credentials/password/passwords.ts';
const UNIT = `${FORMS}/foreign-hash.test.ts`;
const HTTP = 'test/password-forms.test.ts';

/** Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake]. */
const guards = {
  'a password with a zero byte matches another one in bcrypt': [
    UNIT,
    'zero byte',
    [[`${FORMS}/bcrypt-form.ts`, " && !password.includes('\\0')", '']],
  ],
  'bcrypt may cost anything': [UNIT, 'costs too much', [[`${FORMS}/bcrypt-form.ts`, 'MAX_COST = 14', 'MAX_COST = 31']]],
  'the lanes of scrypt cost nothing': [
    UNIT,
    'costs too much',
    [[`${FORMS}/scrypt-form.ts`, ' && memoryOf(cost) * cost.p <= MAX_WORK_BYTES', '']],
  ],
  'the blocks of PBKDF2 cost nothing': [
    UNIT,
    'costs too much',
    [[`${FORMS}/pbkdf2-form.ts`, 'Number(rounds) * blocks >', 'Number(rounds) >']],
  ],
  'an import has the bounds of the settings': [
    UNIT,
    'costs too much',
    [[`${FORMS}/argon2-form.ts`, 'isForeign ? FOREIGN : OURS', 'isForeign ? OURS : OURS']],
  ],
  'a hash of scrypt may be cut off': [
    UNIT,
    'is malformed',
    [[`${FORMS}/foreign-scrypt.ts`, 'LENGTHS.has(hash.length)', 'hash.length >= 16']],
  ],
  'a fast digest is stored as it is': [
    UNIT,
    'never stored as a fast digest',
    [[`${FORMS}/foreign-hash.ts`, "{ family: 'wrapped', digest: found }", "{ family: 'wrapped', stored: found.hex }"]],
  ],
  'an empty password is right where the hash says so': [
    HTTP,
    'is never empty',
    [[PASSWORDS, "password !== '' && ", '']],
  ],
  'the second spelling is verified only when the first was wrong': [
    HTTP,
    'both spellings',
    [[PASSWORDS, '(await verified(spelling)) || isRight', 'isRight || (await verified(spelling))']],
  ],
  'only NFC is verified': [
    HTTP,
    'as it was typed there',
    [[PASSWORDS, 'new Set([password, normal])', 'new Set([normal])']],
  ],
  'an unknown address costs the present parameters': [
    HTTP,
    'by what it does',
    [['src/credentials/password/password-check.ts', 'this.decoys.of(claim.named);', 'null;']],
  ],
  'a hash that cannot be read costs nothing': [
    HTTP,
    'by what it does',
    [
      [
        PASSWORDS,
        'const { family, verify } = own ?? this.standIn(stored, decoy);',
        'if (stored && !own) return false;\n    const { family, verify } = own ?? this.standIn(stored, decoy);',
      ],
    ],
  ],
  'a hash of any cost is verified': [
    HTTP,
    'costs more than the bounds',
    [[`${FORMS}/argon2-form.ts`, 'passes: 64, workKib: 20', 'passes: 640, workKib: 20']],
  ],
  'a hash of another system is kept after the first sign-in': [
    HTTP,
    'opens the account',
    [['src/credentials/password/password-proof.ts', 'passwordHash.startsWith(this.passwords.form)', 'passwordHash']],
  ],
};

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `password-forms: ${name}`,
  edits,
  run: [file, '-t', test],
  verdict: (output) => /(?:AssertionError: |Error: )(.*)/.exec(output)?.[1],
}));
