// Mistakes in what follows a sign-in at a provider, each with the test that must find it.
const LOGOUT = 'test/upstream-logout.test.ts';
const OUTAGES = 'test/upstream-logout-outages.test.ts';
const TOKEN = 'src/upstream/logout/logout-token.test.ts';
const backChannel = 'src/upstream/logout/back-channel-logout.ts';

/** Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake]. */
const guards = {
  'a logout token counts twice': [
    LOGOUT,
    'a logout token counts once',
    [[backChannel, 'if (!(await this.isFirst(tx, provider, token))) return undefined;', '']],
  ],
  'the signature of a logout token is not checked': [
    LOGOUT,
    'refuses every logout token',
    [
      [
        backChannel,
        'await compactVerify(text, (header: JWSHeaderParameters) => this.providerKeys.keyFor(provider, header), options);',
        'void (text && options && this.providerKeys);',
      ],
    ],
  ],
  'every unknown key is asked for': [
    LOGOUT,
    'garbage makes us ask',
    [['src/upstream/providers/provider-keys.ts', 'if (!kept.pending && now - kept.triedAt < RETRY_MS) return;', '']],
  ],
  'a sign-in that waits survives the logout': [
    LOGOUT,
    'a sign-in that still waits',
    [['src/sessions/upstream-sign-ins.ts', 'if (waiting.length > 0)', 'if (waiting.length > 1e9)']],
  ],
  'an old access token gets the ID token': [
    LOGOUT,
    'answers as ever',
    [['src/auth/logout.controller.ts', 'const location = sessions > 0 ?', 'const location = sessions > -1 ?']],
  ],
  'a page is sent to a script': [
    OUTAGES,
    'hands no page the address',
    [
      [
        'src/upstream/providers/provider-metadata.ts',
        "if (typeof value !== 'string' || !URL.canParse(value)) return false;",
        'if (value) return true;',
      ],
    ],
  ],
  'an ID token passes for a logout token': [
    TOKEN,
    'a nonce, as an ID token has',
    [['src/upstream/logout/logout-token.ts', "if (nonce !== undefined) return wrong('it has a nonce');", '']],
  ],
  'a callback that is fetched ahead spends the state': [
    'test/upstream-bug-reports.test.ts',
    'fetches the callback ahead',
    [['src/upstream/upstream.controller.ts', 'if (isSpeculative(exchange.request))', 'if (!exchange.request)']],
  ],
  'the hours of a provider cap nothing': [
    'test/upstream-session-cap.test.ts',
    'however much it is used',
    [
      [
        'src/sessions/sessions.ts',
        'Math.min(24 * this.config.REFRESH_ABSOLUTE_DAYS, wish.maxHours ?? Infinity)',
        '24 * this.config.REFRESH_ABSOLUTE_DAYS',
      ],
    ],
  ],
};

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name: `upstream logout: ${name}`,
  edits,
  run: [file, '-t', test],
  verdict: (output) => /(?:AssertionError: |Error: (?=waited ))(.*)/.exec(output)?.[1],
}));
