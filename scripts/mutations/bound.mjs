// Plausible mistakes in sessions that are bound to a key, each with the test that must find it.
const ROW = 'src/sessions/bound-session.ts';
const REFRESH = 'src/sessions/refresh.ts';
const PROOF = 'src/dpop/proof.ts';
const PROOFS = 'src/dpop/key-proofs.ts';
const proofs = (name) => ['test/key-proofs.test.ts', '-t', name];
const copies = (name) => ['test/bound-refresh.test.ts', '-t', name];

/** [the mistake, the edits, the test]; an edit is [file, the present text, the text with the mistake]. */
const cases = [
  [
    'a bound session refreshes without a proof',
    [
      [ROW, "s.jkt = ${given('jkt')}::text, false)", "s.jkt = coalesce(${given('jkt')}::text, s.jkt), false)"],
      [
        ROW,
        '  s.jkt is null or s.proof_iat is null or',
        "  ${given('jkt')}::text is null or s.jkt is null or s.proof_iat is null or",
      ],
    ],
    copies('opens nothing'),
  ],
  [
    'any key will do',
    [[ROW, "s.jkt = ${given('jkt')}::text, false)", "${given('jkt')}::text is not null, false)"]],
    copies('opens nothing'),
  ],
  [
    'a proof can be used again',
    [[ROW, "position(${given('idHash')}::bytea in s.proof_jti) = 0", "${given('idHash')}::bytea is not null"]],
    copies('is answered once'),
  ],
  [
    'only the last proof of a second is known',
    [[ROW, "then s.proof_jti || ${given('idHash')}::bytea else", "then ${given('idHash')}::bytea else"]],
    copies('after a later proof of the same second'),
  ],
  [
    'an older proof counts',
    [[ROW, "s.proof_iat < ${given('madeAt')}::bigint\n", "s.proof_iat <> ${given('madeAt')}::bigint\n"]],
    copies('older than the last proof'),
  ],
  [
    'a replay asks for no proof',
    [
      [
        REFRESH,
        'and ${isInGrace} and ${isAlive}\n     and ${isProven} and ${isFresh}',
        'and ${isInGrace} and ${isAlive}',
      ],
      [
        REFRESH,
        'if (!seen.is_proven || !seen.is_fresh) throw',
        'if (seen.is_current && (!seen.is_proven || !seen.is_fresh)) throw',
      ],
    ],
    copies('opens nothing'),
  ],
  [
    'a copy without the key ends the session of its owner',
    [
      [
        REFRESH,
        'if (!seen.is_proven || !seen.is_fresh) throw',
        'if (seen.is_previous && (!seen.is_proven || !seen.is_fresh)) throw',
      ],
    ],
    copies('two generations old'),
  ],
  [
    'a copy without the key uses up what its owner may ask for',
    [[REFRESH, '    await this.limit.takeOfNobody(attempt);\n    const unproven', '    const unproven']],
    copies('uses up nothing'),
  ],
  [
    'a proof that was overtaken gets a nonce that is older than the last one',
    [[PROOFS, 'nonceOf(key, now, last)', 'nonceOf(key, now - 120)']],
    copies('their clock was ahead'),
  ],
  ['the time of a proof does not matter', [[PROOFS, '<= MAX_SKEW_SECONDS', '>= 0']], proofs('too early')],
  [
    'any nonce will do',
    [['src/dpop/nonces.ts', 'if (!timingSafeEqual(code, codeOf(key, time))) return undefined;', '']],
    ['src/dpop/nonces.test.ts'],
  ],
  [
    'a proof of another method counts',
    [[PROOF, 'if (htm !== method) throw', 'if (htm.toUpperCase() !== method) throw']],
    proofs('in small letters'),
  ],
  [
    'a proof of another address counts',
    [[PROOF, "if (!isSameTarget(htu, url)) throw new Error('for another address');", '']],
    proofs('another path'),
  ],
  [
    'the Host header says which address it is',
    [[PROOFS, 'url: this.config.publicUrl + path', "url: `http://${headers['host']}${path}`"]],
    proofs('the Host header counts for nothing'),
  ],
  [
    'a private key in a proof is taken',
    [[PROOF, 'jwk: z.custom(isPublic)', 'jwk: z.unknown()']],
    proofs('a private jwk'),
  ],
  ['any JWT is a proof', [[PROOF, "typ: z.literal('dpop+jwt')", 'typ: z.unknown()']], proofs('another typ')],
  [
    'a proof binds a session that has no key',
    [[ROW, '\n  proof_iat = case', "\n  jkt = coalesce(s.jkt, ${given('jkt')}::text), proof_iat = case"]],
    proofs('stays without a key'),
  ],
  [
    'a change of the password loses the key',
    [['src/credentials/password/caller-session.ts', 'current?.bound ?', 'false && current?.bound ?']],
    proofs('bound to the same key'),
  ],
  [
    'a sign-in without a key is taken where one is required',
    [['src/sign-in/session-opening.ts', "this.config.REQUIRE_BOUND_SESSIONS === 'bearer'", 'false']],
    proofs('refuses a bearer sign-in without a proof'),
  ],
  ...[
    ['passkeys/passkey-login.controller.ts', 'the answer of a passkey', 'the answer of a passkey stays good'],
    ['magic/magic.controller.ts', 'a link to sign in', 'a link to sign in stays good'],
  ].map(([file, what, name]) => [
    `${what} is used up before a proof is asked for`,
    [[`src/credentials/${file}`, '    this.signIn.assertBound(wish, exchange);', '    ']],
    ['test/key-proof-doors.test.ts', '-t', name],
  ]),
  [
    'a token of another system is used up before a proof is asked for',
    [['src/credentials/exchange/exchange.controller.ts', '    this.signIn.assertBound(wish, exchange);', '    ']],
    ['test/foreign-sessions.test.ts', '-t', 'keeps its token where sessions need a key'],
  ],
  [
    'the code of an app is used up before a proof is asked for',
    [
      [
        'src/upstream/sign-in/upstream-exchange.ts',
        'if (!isLink) this.signIn',
        'if (!isLink && given.code === "") this.signIn',
      ],
    ],
    ['test/upstream-apps.test.ts', '-t', 'keeps its code'],
  ],
  [
    'a copy of the refresh token signs its owner out',
    [['src/auth/logout.ts', 'if (jkt !== session.jkt) {', 'if (jkt === null) {']],
    ['test/bound-refresh.test.ts', '-t', 'of a copy without the key ends nothing'],
  ],
  [
    'a planted cookie ends the session of its token',
    [['src/auth/logout.ts', 'session?.jkt === null ? [session] : []', 'session ? [session] : []']],
    ['test/bound-protocol.test.ts', '-t', 'somebody planted as a cookie'],
  ],
  [
    'any key will do for the logout',
    [['src/auth/logout.ts', 'if (jkt !== session.jkt) {', 'if (jkt === undefined) {']],
    ['test/bound-refresh.test.ts', '-t', 'of a copy without the key ends nothing'],
  ],
  [
    'the logout judges the header of a session without a key',
    [
      ['src/auth/logout.ts', 'session.jkt === null ? null : await', '(await'],
      ['src/auth/logout.ts', 'this.possession.keyOf(request);', 'this.possession.keyOf(request)) ?? null;'],
    ],
    ['test/bound-refresh.test.ts', '-t', 'asks for nothing where the session has no key'],
  ],
];

export const mutations = cases.map(([name, edits, run]) => ({
  name: ['bound:', name].join(' '),
  edits,
  run,
  verdict: (output) => /(?:AssertionError: |Error: )(.*)/.exec(output)?.[1],
}));
