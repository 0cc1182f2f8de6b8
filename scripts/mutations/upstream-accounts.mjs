// Mistakes about whose account a sign-in at a provider opens, each with the test that must find it.
const TWINS = 'test/upstream-twins.test.ts';
const LINKS = 'test/upstream-links.test.ts';

/** Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake]. */
const guards = {
  'whoever names an address at a provider gets its account': [
    TWINS,
    'that is verified is not opened',
    [
      [
        'src/upstream/identities/upstream-sign-up.ts',
        `      if (!user) return 'address_taken';`,
        `      if (!user) {
        const twin = await this.users.findByEmail(email);
        if (twin) await this.connect(tx, twin, answer);
        return twin ? { userId: twin.id, email, role: twin.role, isDisabled: false } : 'address_taken';
      }`,
      ],
    ],
  ],
  'a registration that nobody has verified is inherited': [
    TWINS,
    'gives way',
    [['src/upstream/identities/upstream-sign-up.ts', '      await this.pendingUsers.giveWay(tx, email);\n', '']],
  ],
  'a reset is mailed to an account that somebody began at a provider': [
    TWINS,
    'whoever reads the mailbox',
    [['src/mail/addressees.ts', `if (kind === 'reset') return user.isVerified || !user.hasIdentity;`, '']],
  ],
  'an operator invites the mailbox to an account that somebody began at a provider': [
    TWINS,
    'whoever reads the mailbox',
    [['src/accounts/invitation.ts', 'return rows.length === 0;', 'return rows.length >= 0;']],
  ],
  'the second of two parallel callbacks with other addresses keeps its user': [
    'test/upstream-sign-up.test.ts',
    'U5',
    [
      [
        'src/upstream/identities/upstream-sign-up.ts',
        `!== 'added') throw identityTaken;`,
        `=== 'full') throw identityTaken;`,
      ],
    ],
  ],
  'a session that has ended is connected': [
    LINKS,
    'ended meanwhile',
    [['src/upstream/links/upstream-links.ts', 'and s.id = ${sessionId} and ${isAlive}', 'and s.id = ${sessionId}']],
  ],
  'of two connections that go at once none is left': [
    LINKS,
    'of two connections that go at once',
    [
      [
        'src/upstream/links/own-identities.ts',
        'const user = await this.locks.lock(tx, userId);',
        "const user = { hasPassword: false, isVerified: false, email: (await this.users.findById(userId))?.email ?? '' };",
      ],
    ],
  ],
  'an old proof is enough to disconnect': [
    LINKS,
    'needs a recent proof',
    [
      [
        'src/upstream/links/own-identities.controller.ts',
        `@NeedsRecentProof()\n  @Delete('identities/:id')`,
        `@Delete('identities/:id')`,
      ],
    ],
  ],
  'an old proof is enough to connect': [
    LINKS,
    'needs a recent proof',
    [
      [
        'src/upstream/links/own-identities.controller.ts',
        `@NeedsRecentProof()\n  @Post('upstream/:id/link')`,
        `@Post('upstream/:id/link')`,
      ],
    ],
  ],
  'a role that a claim no longer gives stays': [
    'test/upstream-roles.test.ts',
    'is gone at once',
    [
      [
        'src/upstream/identities/upstream-roles.ts',
        'if (to === undefined || to === role) return;',
        `if (to === undefined || to === role || to === 'user') return;`,
      ],
    ],
  ],
  'a provider says mfa, and is believed though nobody said so': [
    'test/upstream-factors.test.ts',
    'is asked for it after the provider',
    [
      [
        'src/upstream/identities/upstream-accounts.ts',
        'return { user, methods, authenticatedAt',
        `return { user, methods: ['mfa'], authenticatedAt`,
      ],
    ],
  ],
  'a provider that asked nothing gives a recent proof': [
    'test/upstream-without-password.test.ts',
    'gives no recent proof',
    [['src/upstream/identities/upstream-accounts.ts', 'authenticatedAt: authenticatedAt ?? undefined, ', '']],
  ],
  'a provider is not asked to ask': [
    'test/upstream-without-password.test.ts',
    'gives no recent proof',
    [['src/upstream/sign-in/upstream-requests.ts', "...(isFresh ? { max_age: '0' } : {}),", '']],
  ],
  'a proof is younger than the present': [
    'test/upstream-without-password.test.ts',
    'of the future',
    [['src/sessions/sessions.ts', 'at && at < now ? at : now', 'at ?? now']],
  ],
  'a disabled account is opened by a provider': [
    'test/upstream-roles.test.ts',
    'a disabled account',
    [
      ['src/upstream/identities/upstream-people.ts', 'if (user.isDisabled) {', 'if (userId === "") {'],
      ['src/upstream/identities/upstream-accounts.ts', '!user || user.disabledAt || !isTheirs', '!user || !isTheirs'],
    ],
  ],
};

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `upstream accounts: ${name}`,
  edits,
  run: [file, '-t', test],
  verdict: (output) => /(?:AssertionError: |Error: (?=waited ))(.*)/.exec(output)?.[1],
}));
