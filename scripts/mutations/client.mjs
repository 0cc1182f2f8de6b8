// Plausible mistakes in the client of apps, which its tests must detect.
const SRC = 'packages/client/src';

/** The file of tests, and then as in the other files: [file, the present text, the text with the mistake]. */
const edits = {
  'a redirect is followed with credentials': [
    'test/client-trust.test.ts',
    [`${SRC}/requests.ts`, "credentials, redirect: 'error' }", "credentials, redirect: 'follow' }"],
  ],
  'an app takes the answer of a way that it did not begin': [
    `${SRC}/upstream.test.ts`,
    [`${SRC}/upstream.ts`, "if (!begun || query.get('state') !== begun.state)", 'if (!begun)'],
  ],
  'an app that is opened twice spends its code twice': [
    `${SRC}/upstream.test.ts`,
    [`${SRC}/upstream.ts`, 'if (last?.address === opened) return last.done;', ''],
  ],
  'a lost exchange cannot be made again': [
    `${SRC}/upstream.test.ts`,
    [`${SRC}/upstream.ts`, 'if (!isPassing(problem)) await store', 'await store'],
  ],
  'every origin gets the credentials': [
    'test/client-trust.test.ts',
    [`${SRC}/requests.ts`, 'if (!origins.has(site) || headers', 'if (headers'],
  ],
  'the late end of an older session ends the newer one': [
    'test/client.test.ts',
    [`${SRC}/keeper.ts`, 'if (state.id() === sent?.session.id) await end(code);', 'await end(code);'],
  ],
  'tokens are used before they are stored': [
    `${SRC}/refresh.test.ts`,
    [
      `${SRC}/keeper.ts`,
      'if (isBearer) await storage.save({ tokens: held, deviceToken });\n    state.take(held);',
      'state.take(held);\n    if (isBearer) await storage.save({ tokens: held, deviceToken });',
    ],
  ],
  'a proof is sent twice': [`${SRC}/bound.test.ts`, [`${SRC}/dpop-proof.ts`, 'jti: random(crypto)', "jti: 'the same'"]],
  'a proof holds what a keeper hands out of its key': [
    `${SRC}/bound.test.ts`,
    [
      `${SRC}/dpop-proof.ts`,
      "jwk: { kty: 'EC', crv: 'P-256', x, y }",
      "jwk: { kty: 'EC', crv: 'P-256', ...key.jwk, x, y }",
    ],
  ],
  'a proof is for any access token': [
    `${SRC}/bound-access.test.ts`,
    [`${SRC}/dpop-proof.ts`, 'nonce, ath };', 'nonce };'],
  ],
  'a lost key is made anew under a token that is bound to it': [
    `${SRC}/bound-access.test.ts`,
    [`${SRC}/bound.ts`, '!isOfSession && !isBound', '!isOfSession'],
  ],
  'one origin gets the nonce of another': [
    `${SRC}/bound-access.test.ts`,
    [`${SRC}/bound.ts`, 'nonces.get(site)', "nonces.get([...nonces.keys()][0] ?? '')"],
  ],
  'the nonce of the service is forgotten': [
    `${SRC}/bound.test.ts`,
    [`${SRC}/bound.ts`, 'if (nonce) nonces.set', 'if (false) nonces.set'],
  ],
  'a wrong password is sent once more': [
    `${SRC}/bound.test.ts`,
    [`${SRC}/bound.ts`, "has('dpop-nonce') && (await codeOf(response)) === 'dpop_nonce_required'", "has('dpop-nonce')"],
  ],
  'without a key people sign in unbound': [
    `${SRC}/bound.test.ts`,
    [`${SRC}/bound.ts`, 'if (unbound && (isBound || !mayBeUnbound)) throw unbound;', ''],
  ],
  'a key that cannot be read now ends the session': [
    `${SRC}/bound.test.ts`,
    [`${SRC}/bound.ts`, 'if (unbound) throw unbound; //', '//'],
  ],
  'other origins see the key': [
    `${SRC}/bound.test.ts`,
    [`${SRC}/bound.ts`, "method === 'POST' && site === issuer && ", "method === 'POST' && "],
  ],
  'a 503 is an answer': [`${SRC}/refresh.test.ts`, [`${SRC}/verdicts.ts`, 'status >= 500 || ', '']],
  'older tokens overwrite newer ones': [
    'test/client-deaths.test.ts',
    [`${SRC}/refresh.ts`, 'if (!isOvertaken) await keep(next);', 'await keep(next);'],
  ],
  'an API gets every cookie of the request': [
    'test/client-server.test.ts',
    [
      `${SRC}/server.ts`,
      "isIssuer ? kind !== 'refresh_token' || path === '/auth/refresh' : kind === 'access_token'",
      'kind',
    ],
  ],
};

export const mutations = Object.entries(edits).map(([name, [test, ...changes]]) => ({
  name: `client: ${name}`,
  edits: changes,
  run: [test, '--bail', '1'],
  verdict: (output) => (/^\s*Tests\s+\d+ failed/m.test(output) ? /^ FAIL {2}(.*)$/m.exec(output)?.[1] : undefined),
}));
