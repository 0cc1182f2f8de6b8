// Plausible mistakes in access tokens that are bound to a key, each with the test that must find it.
const POSSESSION = 'src/tokens/token-possession.ts';
const access = (name) => ['test/bound-access.test.ts', '-t', name];

/** [the mistake, the edits, the test]; an edit is [file, the present text, the text with the mistake]. */
const cases = [
  [
    'the guard asks for no proof',
    [['src/auth/access-token.guard.ts', 'if (claims.cnf || token?.isDpop) await', 'if (false) await']],
    access('without a proof'),
  ],
  [
    'a bound access token counts as a bearer',
    [[POSSESSION, 'if (!cnf || !token || !isDpop) throw', 'if (!isDpop) return;\n    if (!cnf || !token) throw']],
    access('as a bearer'),
  ],
  [
    'an access token without a key counts under the scheme DPoP',
    [[POSSESSION, 'if (!cnf && !isDpop) return;', 'if (!cnf) return;']],
    access('whatever proof comes with it'),
  ],
  [
    'a proof of any key opens a bound access token',
    [[POSSESSION, 'if (proof.jkt !== cnf.jkt) throw', 'if (!proof.jkt) throw']],
    access('the proof of another key'),
  ],
  [
    'a proof is for any access token',
    [[POSSESSION, 'if (proof.ath !== hashOf(token.text)) throw', "if (proof.ath === hashOf('')) throw"]],
    access('for another token'),
  ],
  [
    'a copy of a bound access token signs its owner out',
    [['src/auth/logout.ts', '    await this.possession.assert(request, claims);\n', '']],
    access('by the logout'),
  ],
  [
    'a planted copy of a bound access token replaces the session of its owner',
    [['src/sign-in/sign-in.ts', 'claims && !claims.cnf ?', 'claims ?']],
    access('replaces no session'),
  ],
  [
    'a new proof of identity makes a bearer token',
    [['src/sessions/reauthentication.ts', 'jkt: seen.jkt }', 'jkt: null }']],
    access('names the key'),
  ],
  [
    'a link takes a copy of a bound access token',
    [['src/upstream/links/link-caller.ts', '    await this.possession.assert(request, claims);\n', '']],
    ['test/upstream-apps.test.ts', '-t', 'makes no link for a copy'],
  ],
];

export const mutations = cases.map(([name, edits, run]) => ({
  name: ['bound:', name].join(' '),
  edits,
  run,
  verdict: (output) => /(?:AssertionError: |Error: )(.*)/.exec(output)?.[1],
}));
