// Mistakes in moving in and out, each with the test that must find it.
const PROOF = 'src/credentials/exchange/foreign-session-proof.ts';
const SESSIONS = 'src/sessions/foreign-sessions.ts';
const LINE = 'src/accounts/import/import-line.ts';
const imported = (name) => ['test/import.test.ts', '-t', name];
const foreign = (name) => ['test/foreign-sessions.test.ts', '-t', name];

/** [the mistake, the edits, the test]; an edit is [file, the present text, the text with the mistake]. */
const cases = [
  [
    'two runs of one file both go on',
    [
      [
        'src/accounts/import/imports.ts',
        '.where(and(eq(imports.sha256, sha256), eq(imports.line, from)))',
        '.where(eq(imports.sha256, sha256))',
      ],
    ],
    imported('of two runs of one file one goes on'),
  ],
  [
    'another run reads the lines of the first one again',
    [['src/accounts/import/user-import.ts', 'if (line.number <= after) continue;', '']],
    imported('that cannot be imported is refused'),
  ],
  [
    'a file makes administrators without being allowed to',
    [[LINE, "if (role !== 'user' && !roles.isAllowed) return 'role_not_allowed';", '']],
    imported('that cannot be imported is refused'),
  ],
  [
    'a line in another encoding is guessed at',
    [[LINE, "new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })", "new TextDecoder('utf-8')"]],
    imported('that is not UTF-8 is refused'),
  ],
  [
    'a token of one person becomes the session of another, too',
    [['src/accounts/import/taken.ts', 'isTwice || hashes.some((hash) => taken.tokenHashes.has(hash))', 'isTwice']],
    imported('that cannot be imported is refused'),
  ],
  [
    'a session of the other system never expires',
    [[SESSIONS, ' and ${foreignSessions.expiresAt} > protocol_now()', '']],
    foreign('that is unknown, malformed or over'),
  ],
  [
    'a reset of the password leaves the session of the other system alive',
    [[PROOF, ' && user.sessionEpoch === FIRST_EPOCH', '']],
    foreign('is dead after the password is reset'),
  ],
  [
    'ending all other sessions leaves the one elsewhere',
    [['src/sessions/sessions.controller.ts', 'which, caller, elsewhere)', 'which, caller)']],
    foreign('is dead after the person ends all their other sessions'),
  ],
  [
    'guesses at foreign sessions cost nothing',
    [[PROOF, 'await held.count();', '']],
    foreign('guesses at such sessions'),
  ],
  [
    'a sign-in of which nobody knows the time counts as recent',
    [[PROOF, 'authenticatedAt ?? LONG_AGO', 'authenticatedAt ?? undefined']],
    foreign('is imported with its user'),
  ],
];

export const mutations = cases.map(([name, edits, run]) => ({
  name: `import: ${String(name)}`,
  edits,
  run,
  verdict: (output) => /(?:AssertionError: |Error: (?=waited ))(.*)/.exec(output)?.[1],
}));
