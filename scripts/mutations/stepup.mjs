// Mistakes in step-up, enrolment and removal, each with the test that must find it.
const GUARD = 'src/auth/recent-proof.guard.ts';
const CHANGES = 'src/enrolment/factor-changes.ts';
const RESET = 'src/enrolment/after-reset.ts';
const TICKET = 'src/enrolment/enrol-ticket.guard.ts';
const removal = (name) => ['test/factor-removal.test.ts', '-t', name];
const step = (name) => ['test/step-up.test.ts', '-t', name];
const required = (name) => ['test/enrolment-required.test.ts', '-t', name];

/** [the mistake, the edits, the test]; an edit is [file, the present text, the text with the mistake]. */
const cases = [
  [
    'a session of one factor does what an account with two protects',
    [[GUARD, 'const isStrong = !needsTwo || isAtLeast(user.acr, TWO_FACTORS);', 'const isStrong = true;']],
    step('refuses a session of one factor'),
  ],
  [
    'a proof never becomes too old',
    [[GUARD, 'isStrong && this.verification.isWithin(maxAge, user.authenticatedAt)', 'isStrong']],
    step('refuses two factors that are too old'),
  ],
  [
    'passkeys of another domain do not stop the start',
    [['src/factors/passkeys/orphaned-passkeys.ts', 'if (count === 0) return;', 'if (count >= 0) return;']],
    ['test/passkey-settings.test.ts', '-t', 'the service does not start'],
  ],
  [
    'of many confirmations at once each brings codes',
    [['src/enrolment/new-factor.ts', 'if (!(await settle(tx))) throw stale();', 'await settle(tx);']],
    ['test/totp-enrolment.test.ts', '-t', 'twenty confirmations at once'],
  ],
  [
    'recovery codes count without a factor beside them',
    [['src/enrolment/recovery-code-renewal.ts', '(await this.factors.count(tx, userId)) === 0', 'false']],
    ['test/recovery-codes.test.ts', '-t', 'a factor beside which they count'],
  ],
  [
    'apps that begin at once are more than the maximum',
    [['src/factors/totp-authenticators.ts', 'await lockUser(tx, userId); // two at once would both find room', '']],
    ['test/totp-enrolment.test.ts', '-t', 'five apps at most'],
  ],
  [
    "another person's factor is removed by its id",
    [
      [
        'src/factors/factor-removal.ts',
        'totpAuthenticators} where user_id = ${userId} and id = ${id}\n      returning',
        'totpAuthenticators} where id = ${id}\n      returning',
      ],
    ],
    removal("of another person's factor"),
  ],
  [
    'an old session of a role that needs two factors does grave acts with one',
    [[GUARD, '!maySetUpFirst && this.config.MFA_REQUIRED_ROLES.includes(role)', 'false']],
    step('needs two factors where the role does'),
  ],
  [
    'a new role that needs a second factor leaves sessions of one alive',
    [
      [
        'src/accounts/account-status.ts',
        'role ? await this.factorless.markFor',
        'false ? await this.factorless.markFor',
      ],
    ],
    ['test/account-status.test.ts', '-t', 'ends the sessions without one'],
  ],
  [
    'two requests remove the last two factors',
    [
      [
        CHANGES,
        'const user = await this.users.lock(tx, userId);',
        "const user = { role: 'admin' as const, email: 'a@example.com' };",
      ],
    ],
    removal('of both at once'),
  ],
  [
    'a reset of factors needs no token at the next enrolment',
    [[RESET, 'if (!needsToken && token === undefined) return;', 'if (token === undefined) return;']],
    ['test/factors-reset.test.ts', '-t', 'needs the mailed token'],
  ],
  [
    "the token of a reset is good for anybody's enrolment",
    [
      [RESET, "if (spent?.userId !== userId) throw new Refusal('token_invalid');", ''],
      [RESET, 'looked.userId === userId ? act() : Promise.resolve(undefined),', 'act(),'],
    ],
    ['test/factors-reset.test.ts', '-t', "of somebody else's mail"],
  ],
  [
    'a ticket of a cookie works in a body',
    [[TICKET, 'return ticket?.transport === transport ? ticket : undefined;', 'return ticket;']],
    required('stays with its transport'),
  ],
  [
    'whoever signs in next enrols for the one before',
    [['src/sign-in/session-opening.ts', "if (wish.transport === 'cookie') this.enrolCookie.clearOld(exchange);", '']],
    required('of an abandoned sign-in'),
  ],
  [
    'a role that needs a factor signs in without one',
    [
      [
        'src/sign-in/factor-demand.ts',
        'return isNeeded ? this.askToEnrol(user, waiting, exchange) : true;',
        'return true;',
      ],
    ],
    required('is signed in nowhere by the password'),
  ],
];

export const mutations = cases.map(([name, edits, run]) => ({
  name: ['step-up:', name].join(' '),
  edits,
  run,
  verdict: (output) => /(?:AssertionError: |Error: )(.*)/.exec(output)?.[1],
}));
