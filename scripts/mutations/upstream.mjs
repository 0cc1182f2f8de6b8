// Guards of sign-in at other providers taken away, which their tests must detect.
const REQUESTS = 'src/upstream/sign-in/upstream-requests.ts';
const CODES = 'src/upstream/sign-in/upstream-codes.ts';
const PROVIDERS = 'src/upstream/providers/providers.ts';
const VERIFICATION = 'src/upstream/sign-in/upstream-verification.ts';

/**
 * Each is [the test file, words of the test's name, edits]; an edit is [file, present text, text with the mistake].
 * @type {Record<string, [string, string, string[][]]>}
 */
const guards = {
  'upstream: any browser may bring a state back': [
    'upstream-state',
    'signs no victim in as the attacker',
    [
      [
        'src/upstream/sign-in/upstream-return.ts',
        '!secrets || !this.cookie.isOfBrowser(exchange, secrets)',
        '!secrets',
      ],
    ],
  ],
  'upstream: a state is good twice': [
    'upstream-state',
    'start one session',
    [
      [
        REQUESTS,
        'delete from ${upstreamRequests} where ${isGood} returning ${wish}',
        'select ${wish} from ${upstreamRequests} where ${isGood}',
      ],
    ],
  ],
  'upstream: a state never ends': [
    'upstream-state',
    'over after ten minutes',
    [[REQUESTS, ' and expires_at > (select protocol_now())', '']],
  ],
  'upstream: a state is good at any provider': [
    'upstream-state',
    'callback of another',
    [[REQUESTS, "and provider = ${given('provider')} and", "and ${given('provider')} <> '' and"]],
  ],
  'upstream: a nonce is the same for all': [
    'upstream-lies',
    'the nonce is of another sign-in',
    [['src/upstream/sign-in/upstream-secrets.ts', "nonce: derived('nonce')", "nonce: 'x'.repeat(43)"]],
  ],
  'upstream: nobody verifies a signature': [
    'upstream-lies',
    'a foreign key has the name of the right one',
    [[PROVIDERS, 'client.enableNonRepudiationChecks(configuration);', '']],
  ],
  'upstream: the provider chooses the algorithms': [
    'upstream-lies',
    'an algorithm that is not ours',
    [[PROVIDERS, '{ ...metadata, id_token_signing_alg_values_supported: ID_TOKEN_ALGORITHMS }', '{ ...metadata }']],
  ],
  'upstream: an issuer in the response is not missed': [
    'upstream-lies',
    'the promised issuer is missing',
    [
      [
        PROVIDERS,
        'id_token_signing_alg_values_supported: ID_TOKEN_ALGORITHMS }',
        'id_token_signing_alg_values_supported: ID_TOKEN_ALGORITHMS, authorization_response_iss_parameter_supported: false }',
      ],
    ],
  ],
  'upstream: a token of another party counts': [
    'upstream-lies',
    'it was issued to another client',
    [[VERIFICATION, 'azp !== undefined && azp !== clientId', 'azp === undefined && clientId === azp']],
  ],
  'upstream: an answer has any size': [
    'upstream-lies',
    'three megabytes',
    [['src/upstream/providers/bounded-fetch.ts', 'bytes > MAX_ANSWER_BYTES', 'bytes < 0']],
  ],
  'upstream: an issuer has two spellings': [
    'upstream-outages',
    'another issuer',
    [
      [
        'src/upstream/providers/provider-metadata.ts',
        'if (metadata.issuer !== issuer)',
        'if (new URL(metadata.issuer).href !== new URL(issuer).href)',
      ],
    ],
  ],
  'upstream: return_to leads anywhere': [
    'upstream-return-to',
    'is ignored',
    [['packages/contract/src/return-to.ts', 'isHttp && origins.includes(url.origin) &&', 'isHttp &&']],
  ],
  'upstream: whoever has a code may exchange it': [
    'upstream-apps',
    'the verifier of another app',
    [[CODES, 'return row && row.appChallenge === challengeOf(verifier) ? row : undefined;', 'return row;']],
  ],
  'upstream: a code is good for ever': [
    'upstream-apps',
    'has a minute for it',
    [[CODES, ' and expires_at > (select protocol_now())', '']],
  ],
  'upstream: any session finishes a link': [
    'upstream-apps',
    'what another session has begun',
    [['src/upstream/links/link-exchange.ts', ' || caller.sid !== sessionId', '']],
  ],
  'upstream: a state is put into another browser': [
    'upstream-apps',
    'the only one who may',
    [
      [
        'src/upstream/sign-in/upstream-start.ts',
        "if (!secrets || wish?.purpose !== 'link' || wish.transport !== 'bearer')",
        'if (!secrets || !wish)',
      ],
    ],
  ],
};

/** Only a failed expectation counts: a copy that does not compile detects nothing. */
const verdict = (output) => /(?:AssertionError: |Error: (?=waited |login: ))(.*)/.exec(output)?.[1];

export const mutations = Object.entries(guards).map(([name, [file, test, edits]]) => ({
  name,
  edits,
  run: [`test/${file}.test.ts`, '-t', test],
  verdict,
}));
