// Plausible mistakes in the verifier of siblings, which its tests must detect.
const SRC = 'packages/verifier/src';

/** Each edit is [file, the present text, the text with the mistake, the number of occurrences]. */
const edits = {
  'a weaker sign-in than the demanded one will do': [
    [`${SRC}/authorise.ts`, 'order.indexOf(held) > order.indexOf(demanded)', 'order.indexOf(held) !== -1'],
  ],
  'a service counts as a sign-in': [
    [
      `${SRC}/authorise.ts`,
      '(sid === undefined ? undefined : (acr ?? ACR_VALUES[0]))',
      '(acr ?? (sid, ACR_VALUES[0]))',
    ],
  ],
  'a document may be older than the last one': [
    [`${SRC}/feed.ts`, 'if (iat < this.knownAsOf) throw', 'if (iat < -Infinity) throw'],
  ],
  'a copy of what is known makes it younger': [[`${SRC}/feed.ts`, 'if (iat <= this.knownAsOf) return;', '']],
  'the feed of another issuer on the same origin counts': [
    [`${SRC}/feed-document.ts`, '    issuer: trust.issuer,\n', ''],
  ],
  'another feed of the issuer counts': [
    [`${SRC}/feed-document.ts`, 'if (sub === undefined || !trust.isFeed(sub))', 'if (sub === undefined)'],
  ],
  'any signed token counts as a document': [[`${SRC}/feed-document.ts`, 'header.typ !== typ || ', '']],
  'a revoked key signs the feed': [[`${SRC}/feed-document.ts`, ' || trust.revokesKey(header.kid)', '']],
  'a document from the future counts': [
    [`${SRC}/feed-document.ts`, 'iat > trust.now() / 1_000 + 2 * CLOCK_LEEWAY_SECONDS', 'iat === Infinity'],
  ],
  'an endless document is read to its end': [
    [`${SRC}/bounded-fetch.ts`, 'if (bytes > maxBytes) throw', 'if (bytes < 0) throw'],
  ],
  'a dripping answer is never cut off': [
    [
      `${SRC}/bounded-fetch.ts`,
      'const timer = setTimeout(late, bounds.timeoutMs);',
      'const timer = setTimeout(late, 60_000);',
    ],
  ],
  'a redirect is followed': [[`${SRC}/bounded-fetch.ts`, "redirect: 'error' as const", "redirect: 'follow' as const"]],
  'a revoked key verifies tokens while the copy of the key set is fresh': [
    [`${SRC}/verifier.ts`, 'if (this.feed.revocations.revokesKey(kid))', 'if (kid === "")'],
    [`${SRC}/verifier.ts`, "revocations.revokesKey(kid) ? 'version_stale' : ", ''],
  ],
  'a stale feed is no reason to refuse': [
    [`${SRC}/verifier.ts`, "if (onStale !== 'accept' && this.feed.isStale)", "if (onStale === 'never')"],
  ],
  'a policy that does not exist accepts': [
    [`${SRC}/verifier.ts`, "if (onStale !== 'accept' &&", "if (onStale === 'refuse' &&"],
  ],
  'a revoked key is forgotten with the feed': [[`${SRC}/feed.ts`, 'set.withKeysOf(before)', 'set']],
  'a sibling that was cut off for long keeps its old copy of the keys': [
    [`${SRC}/feed.ts`, 'if (!isFirst && iat - this.knownAsOf > UNHEARD_SECONDS) await this.keys.renew();', ''],
  ],
  'a sibling without a place to wait insists on one': [
    [`${SRC}/feed.ts`, 'performance.now() < this.crowdedUntil', 'performance.now() < 0'],
  ],
  'the metadata may lead to another origin': [
    [`${SRC}/discovery.ts`, 'url?.origin !== new URL(this.settings.issuer).origin || ', 'url === undefined || '],
  ],
  'the metadata of another issuer counts': [
    [
      `${SRC}/discovery.ts`,
      "if (memberOf(metadata, 'issuer') !== issuer)",
      "if (memberOf(metadata, 'issuer') === undefined)",
    ],
  ],
  'any type of token is an access token': [[`${SRC}/access-token.ts`, ' || typ !== ACCESS_TOKEN_TYP', '']],
  'crit of an access token is ignored': [[`${SRC}/access-token.ts`, ' || crit !== undefined', '']],
  'an access token is good for every audience': [[`${SRC}/access-token.ts`, '      audience,\n', '']],
};

const POSSESSION = `${SRC}/possession.ts`;
Object.assign(edits, {
  'a bound token counts as a bearer token': [[POSSESSION, 'if (!cnf && !isDpop) return;', 'if (!isDpop) return;']],
  'a token without a key counts under the scheme DPoP': [
    [POSSESSION, 'if (!cnf && !isDpop) return;', 'if (!cnf) return;'],
  ],
  'a proof of any key will do': [[POSSESSION, '!== jkt) throw', "=== '') throw"]],
  'a proof for any token will do': [
    [POSSESSION, "if (claims['ath'] !== ath) throw", "if (claims['ath'] === '') throw"],
  ],
  'a proof for any method will do': [
    [POSSESSION, "if (claims['htm'] !== request.method) throw", "if (claims['htm'] === '') throw"],
  ],
  'a proof for any address will do': [
    [POSSESSION, "if (!isSameTarget(String(claims['htu']), url)) throw", "if (claims['htu'] === '') throw"],
  ],
  'a proof of any time will do': [[POSSESSION, '<= MAX_SKEW_SECONDS', '>= 0']],
  'any JWT is a proof': [[POSSESSION, "if (typ !== 'dpop+jwt') throw", "if (typ === '') throw"]],
  'a cnf of another form is ignored': [[`${SRC}/access-token.ts`, 'namesKey(cnf)', 'cnf !== ""']],
});

export const mutations = Object.entries(edits).map(([name, changes]) => ({
  name: `verifier: ${name}`,
  edits: changes,
  run: [
    'packages/verifier/src/authorise.test.ts',
    'test/verifier-bound.test.ts',
    'test/verifier.test.ts',
    '--bail',
    '1',
  ],
  verdict: (output) => (/^\s*Tests\s+\d+ failed/m.test(output) ? /^ FAIL {2}(.*)$/m.exec(output)?.[1] : undefined),
}));
