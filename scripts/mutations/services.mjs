// Guards of services taken away, which the tests of introspection, revocation and secrets must detect.
const AUTHENTICATION = 'src/siblings/service-authentication.ts';
const CREDENTIALS = 'src/siblings/client-credentials.ts';
const INTROSPECTION = 'src/siblings/introspection.ts';
const VERDICTS = 'src/siblings/service-verdicts.ts';
const GRANT = 'src/siblings/service-grant.ts';
const GUARD = 'src/siblings/service.guard.ts';
const ENDS = 'src/siblings/service-ends.ts';
const STATE = 'src/sessions/refresh-state.ts';

/**
 * Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake].
 * @type {Record<string, [string, string, string[][]]>}
 */
const guards = {
  'a service with any secret is let in': [
    'service-authentication',
    'does not count in any other',
    [[AUTHENTICATION, '!row || !(isCurrent || isPrevious)', '!row']],
  ],
  'a removed service is let in': [
    'service-authentication',
    'is nobody at once',
    [[AUTHENTICATION, " where id = ${given('id')} and disabled_at is null", " where id = ${given('id')}"]],
  ],
  'a service of another form is refused before the database is asked': [
    'service-authentication',
    'learns nothing',
    [
      [
        AUTHENTICATION,
        'const id = serviceIdOf(clientId) ?? NOBODY;',
        "const id = serviceIdOf(clientId) ?? NOBODY;\n    if (id === NOBODY) throw new Refusal('invalid_client');",
      ],
    ],
  ],
  'a wrong secret of a service is not counted': [
    'service-authentication',
    'is stopped by network',
    [[AUTHENTICATION, "await this.volume.take('service_failure', caller.ip);", '']],
  ],
  'two ways of a service to authenticate are taken': [
    'service-authentication',
    'never in two places',
    [[CREDENTIALS, 'if (given.length > 1)', 'if (given.length > 5)']],
  ],
  'a parameter of a service counts twice': [
    'introspection',
    'and for it once',
    [['src/http/form.ts', 'if (earlier && !REPEATABLE.has(name))', "if (earlier && name === '')"]],
  ],
  'a service needs no scope': [
    'introspection',
    'needs the scope',
    [[GUARD, 'needed !== undefined && !scopes.includes(needed)', 'needed !== undefined && scopes.length < 0']],
  ],
  'the introspection of a service forgets the audience': [
    'introspection',
    'decides for whom',
    [[INTROSPECTION, '!this.isFor(claims.aud, service) || ', '']],
  ],
  'the introspection of a service forgets revocations': [
    'introspection-agrees',
    'logged out',
    [
      [
        INTROSPECTION,
        "(await this.revocations.verdictFor(claims)) === 'live'",
        "(await this.revocations.verdictFor(claims)) !== ''",
      ],
    ],
  ],
  'the introspection of a service forgets the expiry': [
    'introspection-agrees',
    'expired, to the second',
    [[INTROSPECTION, 'this.verification.assertCurrent(claims);', '']],
  ],
  'the introspection of a service takes another issuer': [
    'introspection-agrees',
    'issuer signed',
    [
      [
        'src/tokens/token-verification.ts',
        'const { algorithms, issuer, ignoreExpiration } = this.options;',
        'const { algorithms, ignoreExpiration } = this.options;\n    const issuer = undefined as unknown as string;',
      ],
    ],
  ],
  'a refresh token that was used up is active to a service': [
    'introspection-agrees',
    'refreshed twice',
    [[STATE, '!(seen.is_current || (seen.is_previous && seen.is_in_grace))', 'seen.generation < 0']],
  ],
  'a dead refresh token is active to a service': [
    'introspection-agrees',
    'logged out',
    [[STATE, '!seen?.is_alive || ', '!seen || ']],
  ],
  'a service keeps the tokens of a secret that ended': [
    'service-authentication',
    'lets both secrets count',
    [[ENDS, 'else s.secret_version end', 'else 0 end']],
  ],
  'one revoked token of a service lives on': [
    'service-tokens',
    'of the token of another service',
    [[VERDICTS, "r.jti = ${given('jti')})", "r.jti = ${given('jti')} and false)"]],
  ],
  'a service gets scopes that it does not have': [
    'service-tokens',
    'at most the scopes',
    [[GRANT, 'if (!wanted.every((each) => scopes.includes(each)))', 'if (wanted.length === 0)']],
  ],
  'a service gets tokens for any resource': [
    'service-tokens',
    'allow-list only',
    [[GRANT, '![first, ...others].every((each) => resources.includes(each))', 'resources.length === 0']],
  ],
  'the token of a service opens the routes of users': [
    'service-tokens',
    'opens no route of a user',
    [
      [
        'src/tokens/token-verification.ts',
        "if (!claims) throw new Refusal(serviceClaimsOf(payload) ? 'user_token_required' : 'unauthenticated');",
        "if (!claims) throw new Refusal('unauthenticated');",
      ],
    ],
  ],
  'the signed answer to a service looks like an access token': [
    'introspection',
    'is signed where',
    [['src/siblings/signed-introspection.ts', "const TYPE = 'token-introspection+jwt';", "const TYPE = 'at+jwt';"]],
  ],
};

/** Only a failed expectation counts: a copy that does not compile detects nothing. */
const verdict = (output) => /(?:AssertionError: |Error: (?=waited ))(.*)/.exec(output)?.[1];

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name,
  edits,
  run: [`test/${file}.test.ts`, '-t', test],
  verdict,
}));
