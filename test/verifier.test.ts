// What a sibling with @watchword/verifier accepts and refuses, against a small issuer that can also lie.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, importJWK } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FEED_TYP } from '../packages/contract/src/revocations.js';
import {
  createVerifier,
  isVerificationError,
  type Verifier,
  type VerifierOptions,
} from '../packages/verifier/src/main.js';
import { AUDIENCE, hashed, nowSeconds, SmallIssuer } from './support/small-issuer.js';
import { until } from './support/until.js';

const FEED = '/.well-known/revocations';
const METADATA = '/.well-known/oauth-authorization-server';

function following(issuer: SmallIssuer, options: Partial<VerifierOptions> = {}): Verifier {
  const verifier = createVerifier({ issuer: issuer.issuer, audience: AUDIENCE, ...options });
  onTestFinished(() => verifier.close());
  return verifier;
}

/** A service has none of a person's claims. */
const nobody = {
  sid: undefined,
  email: undefined,
  role: undefined,
  auth_time: undefined,
  amr: undefined,
};

const start = () => new SmallIssuer().listen();

/** `accepted`, or the code, the status and the verdict on the session. */
async function verdictOn(verifier: Verifier, token: string, options = {}): Promise<unknown> {
  try {
    await verifier.verify(token, options);
    return 'accepted';
  } catch (error) {
    if (!isVerificationError(error)) throw error;
    return error.session === undefined ? error.code : `${error.code} (${error.session})`;
  }
}

describe('an access token', () => {
  it('is verified without any request to the issuer once its keys and its feed are known', async () => {
    const issuer = await start();
    const verifier = following(issuer);
    const claims = issuer.claims();
    const token = await issuer.sign(claims, { typ: 'at+jwt' });
    expect(await verifier.verify(token)).toEqual(claims);
    const before = issuer.requests.filter((path) => path !== FEED).length;
    for (let count = 0; count < 500; count++) await verifier.verify(token);
    expect(issuer.requests.filter((path) => path !== FEED)).toHaveLength(before);
    expect(issuer.requests.filter((path) => path === FEED).length).toBeLessThan(10);
  });

  it('of a service has no session, and is told from a person', async () => {
    const issuer = await start();
    const claims = issuer.claims({ sub: 'billing', client_id: 'billing', scope: 'orders:read', ...nobody });
    const verifier = following(issuer);
    const found = await verifier.verify(await issuer.sign(claims, { typ: 'at+jwt' }));
    expect(found.sid).toBeUndefined();
    expect(found.scope).toBe('orders:read');
    const disguised = await issuer.sign({ ...claims, role: 'admin' }, { typ: 'at+jwt' });
    expect(await verdictOn(verifier, disguised)).toBe('unauthenticated');
  });

  const cases: Record<string, [(issuer: SmallIssuer) => Promise<string>, string]> = {
    'is forged with a key of the attacker under the name of ours': [
      async (issuer) =>
        issuer.signWith((await generateKeyPair('RS256')).privateKey, issuer.claims(), { typ: 'at+jwt', kid: 'first' }),
      'unauthenticated',
    ],
    'expired longer than the leeway ago': [
      (issuer) => issuer.token({ exp: nowSeconds() - 31 }),
      'token_expired (keep)',
    ],
    'expired within the leeway of 30 seconds': [(issuer) => issuer.token({ exp: nowSeconds() - 25 }), 'accepted'],
    'is for another audience': [(issuer) => issuer.token({ aud: 'https://other.example.com' }), 'unauthenticated'],
    'is for several audiences, ours among them': [
      (issuer) => issuer.token({ aud: ['https://a.example.com', AUDIENCE] }),
      'accepted',
    ],
    'is of another issuer': [(issuer) => issuer.token({ iss: 'https://auth.example.org' }), 'unauthenticated'],
    'is of an issuer with one slash more': [(issuer) => issuer.token({ iss: `${issuer.issuer}/` }), 'unauthenticated'],
    'has the type of a plain JWT (RFC 8725 §3.11)': [(issuer) => issuer.token({}, { typ: 'JWT' }), 'unauthenticated'],
    'has no type': [(issuer) => issuer.token({}, { typ: undefined }), 'unauthenticated'],
    'is a document of the feed': [(issuer) => issuer.document(), 'unauthenticated'],
    'has no kid': [(issuer) => issuer.token({}, { kid: undefined }), 'unauthenticated'],
    'has a kid that the issuer never had': [(issuer) => issuer.token({}, { kid: 'another' }), 'unauthenticated'],
    'demands an extension by crit, even one that jose knows (RFC 8725 §3.10)': [
      (issuer) => issuer.token({}, { crit: ['b64'], b64: true }),
      'unauthenticated',
    ],
    'has no sid but a role': [(issuer) => issuer.token({ sid: undefined }), 'unauthenticated'],
    'has a subject that is a number': [(issuer) => issuer.token({ sub: 7 }), 'unauthenticated'],
    'has an expiry that is a text': [(issuer) => issuer.token({ exp: '9999999999' }), 'unauthenticated'],
    'has no version': [(issuer) => issuer.token({ tokenVersion: undefined }), 'unauthenticated'],
    'has no jti': [(issuer) => issuer.token({ jti: undefined }), 'unauthenticated'],
    'has a list of methods that holds a number': [(issuer) => issuer.token({ amr: [1] }), 'unauthenticated'],
    'has no expiry': [(issuer) => issuer.token({ exp: undefined }), 'unauthenticated'],
    'is followed by padding': [async (issuer) => `${await issuer.token()}=`, 'unauthenticated'],
    'is longer than 8,192 characters': [(issuer) => issuer.token({ email: 'a'.repeat(7_000) }), 'unauthenticated'],
    'is no text at all': [async () => 'null', 'unauthenticated'],
  };

  it.each(Object.entries(cases))('that %s', async (_, [make, expected]) => {
    const issuer = await start();
    expect(await verdictOn(following(issuer), await make(issuer))).toBe(expected);
  });

  it('signed without a key, or with the public key as a secret, is refused (RFC 8725 §3.1, §3.2)', async () => {
    const issuer = await start();
    const verifier = following(issuer);
    const good = await issuer.token();
    const [, payload = ''] = good.split('.');
    const header = (alg: string) =>
      Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid: 'first' })).toString('base64url');
    expect(await verdictOn(verifier, `${header('none')}.${payload}.`)).toBe('unauthenticated');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const secret = await importJWK(
      { kty: 'oct', k: Buffer.from(JSON.stringify(await exportJWK(publicKey))).toString('base64url') },
      'HS256',
    );
    const hmac = await issuer.signWith(secret as never, issuer.claims(), { alg: 'HS256', typ: 'at+jwt', kid: 'first' });
    expect(await verdictOn(verifier, hmac)).toBe('unauthenticated');
  });

  it('with a key in its header, or a link to one, is verified with the published key only', async () => {
    const issuer = await start();
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const header = { typ: 'at+jwt', kid: 'first', jwk: await exportJWK(publicKey), jku: 'https://evil.example/jwks' };
    expect(await verdictOn(following(issuer), await issuer.signWith(privateKey, issuer.claims(), header))).toBe(
      'unauthenticated',
    );
  });
});

describe('a revocation', () => {
  it('of a session, a token, a user, a service, everybody, or a key is known within two seconds', async () => {
    const issuer = await start();
    const verifier = following(issuer);
    const claims = issuer.claims();
    const token = await issuer.sign(claims, { typ: 'at+jwt' });
    const service = issuer.claims({ sub: 'billing', client_id: 'billing', scope: '', ...nobody });
    const ofService = await issuer.sign(service, { typ: 'at+jwt' });
    const cases: [Partial<SmallIssuer['set']>, string, string][] = [
      [{ sids: [hashed(claims.sid)] }, token, 'token_revoked (ended)'],
      [{ jtis: [hashed(claims.jti)] }, token, 'token_revoked (keep)'],
      [{ subs: { [hashed(claims.sub)]: 4 } }, token, 'token_stale (keep)'],
      [{ subs: { [hashed('billing')]: 4 } }, ofService, 'token_stale (keep)'],
      [{ subs: { '*': nowSeconds() + 5 } }, token, 'token_stale (keep)'],
      [{ kids: ['first'] }, token, 'token_stale (keep)'],
    ];
    for (const [change, dying, verdict] of cases) {
      issuer.signingKid = 'next';
      issuer.set = { sids: [], jtis: [], subs: {}, kids: [] };
      issuer.revoke({ sids: [randomUUID()] }); // something else, so that the last case's entries go
      await until('the sibling knows the empty set', async () => (await verdictOn(verifier, dying)) === 'accepted');
      const before = issuer.requests.length;
      issuer.revoke(change);
      await until(`the answer is ${verdict}`, async () => (await verdictOn(verifier, dying)) === verdict);
      // The answer that was held told it: at most the next question had been sent meanwhile.
      expect(issuer.requests.slice(before).filter((path) => path === FEED).length).toBeLessThan(3);
    }
  });

  it('leaves the tokens of everybody else alone', async () => {
    const issuer = await start();
    const claims = issuer.claims();
    issuer.set = {
      sids: [hashed(randomUUID())],
      jtis: [hashed(randomUUID())],
      subs: { [hashed(claims.sub)]: 3, [hashed(randomUUID())]: 99, '*': nowSeconds() - 5 },
      kids: ['another'],
    };
    expect(await verdictOn(following(issuer), await issuer.sign(claims, { typ: 'at+jwt' }))).toBe('accepted');
  });

  it('F6: of a key holds at once although the copy of the key set is fresh and still holds the key', async () => {
    const issuer = await start();
    const verifier = following(issuer);
    const token = await issuer.token();
    expect(await verdictOn(verifier, token)).toBe('accepted');
    issuer.signingKid = 'next';
    issuer.revoke({ kids: ['first'] }); // and the key set goes on to publish it
    await until(
      'the token of the revoked key is refused',
      async () => (await verdictOn(verifier, token)) === 'token_stale (keep)',
    );
    expect(await verdictOn(verifier, await issuer.token())).toBe('accepted');
  });

  it('F6: reaches a sibling although the new key that signs the feed was never published before', async () => {
    const issuer = await start();
    const verifier = following(issuer);
    const token = await issuer.token();
    expect(await verdictOn(verifier, token)).toBe('accepted');
    issuer.published.splice(0, 2, 'emergency');
    issuer.signingKid = 'emergency';
    const before = issuer.requests.length;
    issuer.revoke({ kids: ['first', 'next'] });
    await until('the token is refused', async () => (await verdictOn(verifier, token)) === 'token_stale (keep)');
    expect(await verdictOn(verifier, await issuer.token())).toBe('accepted');
    expect(issuer.requests.slice(before).filter((path) => path === FEED).length).toBeLessThan(3);
  });
});

describe('a key that was revoked stays so', () => {
  it('when the feed names it no more while the copy of the key set still holds it', async () => {
    const issuer = await start();
    const verifier = following(issuer);
    expect(await verdictOn(verifier, await issuer.token())).toBe('accepted');
    issuer.signingKid = 'next';
    issuer.revoke({ kids: ['first'] }); // and the key set goes on to publish it
    const forged = () => issuer.token({}, {}, 'first');
    await until('it is refused', async () => (await verdictOn(verifier, await forged())) === 'token_stale (keep)');
    issuer.aheadSeconds = 2;
    issuer.set.kids = [];
    const ended = issuer.claims();
    issuer.revoke({ sids: [hashed(ended.sid)] });
    const dead = await issuer.sign(ended, { typ: 'at+jwt' });
    await until('the next set is known', async () => (await verdictOn(verifier, dead)) === 'token_revoked (ended)');
    expect(await verdictOn(verifier, await forged())).toBe('token_stale (keep)');
    expect(await verdictOn(verifier, await issuer.token())).toBe('accepted');
  });

  it('when the sibling was cut off for so long that the feed names it no more', async () => {
    const issuer = await start();
    let ahead = 0;
    const verifier = following(issuer, { clock: () => Date.now() + ahead });
    expect(await verdictOn(verifier, await issuer.token())).toBe('accepted');
    for (const path of ['/jwks', FEED]) issuer.instead.set(path, (_, response) => response.writeHead(500).end());
    issuer.revoke({});
    await until('the feed is lost', () => verifier.health().lastError !== undefined);
    ahead = 90_000_000;
    issuer.aheadSeconds = 90_000;
    issuer.signingKid = 'next';
    issuer.published.splice(0, 1);
    const forged = await issuer.token({}, {}, 'first');
    issuer.instead.delete(FEED);
    await until('the feed answers, and the key set does not', () => issuer.requests.at(-1) === '/jwks');
    expect(await verdictOn(verifier, forged)).toBe('unavailable (keep)');
    issuer.instead.delete('/jwks');
    await until('the feed is back', () => verifier.health().isFresh);
    expect(await verdictOn(verifier, forged)).toBe('unauthenticated');
    expect(await verdictOn(verifier, await issuer.token())).toBe('accepted');
  });
});

describe('F4: an answer of the feed is refused, and the old set is kept, when it', () => {
  const attacks: Record<
    string,
    (issuer: SmallIssuer) => (request: IncomingMessage, response: ServerResponse) => unknown
  > = {
    'is an older document': (issuer) => async (_, response) =>
      response.end(await issuer.document({ iat: nowSeconds() - 20 })),
    'is of another issuer on the same origin': (issuer) => async (_, response) =>
      response.end(await issuer.document({ iss: `${issuer.url}/tenant` })),
    'is another feed of the same issuer': (issuer) => async (_, response) =>
      response.end(await issuer.document({ sub: `${issuer.url}/other/revocations` })),
    'has another type': (issuer) => async (_, response) => response.end(await issuer.document({}, { typ: 'JWT' })),
    'has another type with the same claims': (issuer) => async (_, response) =>
      response.end(await issuer.document({}, { typ: 'revocations-as-of+jwt' })),
    'demands an extension by crit': (issuer) => async (_, response) =>
      response.end(await issuer.document({}, { crit: ['b64'], b64: true })),
    'is an access token': (issuer) => async (_, response) => response.end(await issuer.token()),
    'is signed by a stranger': (issuer) => async (_, response) => {
      const { privateKey } = await generateKeyPair('RS256');
      const payload = JSON.parse(Buffer.from((await issuer.document()).split('.')[1] ?? '', 'base64url').toString());
      response.end(await issuer.signWith(privateKey, payload, { typ: FEED_TYP, kid: 'first' }));
    },
    'is signed by a key that is revoked': (issuer) => async (_, response) =>
      response.end(await issuer.document({}, {}, 'stolen')),
    'is signed by a key that it calls revoked': (issuer) => async (_, response) =>
      response.end(await issuer.document({ kids: ['first'] }, {}, 'first')),
    'is truncated': (issuer) => async (_, response) => response.end((await issuer.document()).slice(0, -30)),
    'ends before its length': (issuer) => async (_, response) => {
      const document = await issuer.document();
      response.writeHead(200, { 'content-length': document.length }).write(document.slice(0, -30));
      response.destroy();
    },
    expired: (issuer) => async (_, response) => response.end(await issuer.document({ exp: nowSeconds() - 40 })),
    'is from the far future': (issuer) => async (_, response) =>
      response.end(await issuer.document({ iat: nowSeconds() + 3_600, exp: nowSeconds() + 3_660 })),
    'has no time': (issuer) => async (_, response) => response.end(await issuer.document({ iat: undefined })),
    'has no list of sessions': (issuer) => async (_, response) =>
      response.end(await issuer.document({ sids: undefined })),
    'has no entity tag under its signature': (issuer) => async (_, response) =>
      response.end(await issuer.document({ etag: undefined })),
    'hashes in another way': (issuer) => async (_, response) =>
      response.end(await issuer.document({ hash: 'sha-256' })),
    'has floors that are texts': (issuer) => async (_, response) =>
      response.end(await issuer.document({ subs: { x: '9' } })),
    'leads to another place': (issuer) => (_, response) => {
      issuer.instead.set('/elsewhere', async (__, other) => other.end(await issuer.document()));
      response.writeHead(302, { location: `${issuer.url}/elsewhere` }).end();
    },
    'is good, but larger than 8 MiB': (issuer) => async (_, response) =>
      response.end(await issuer.document({ pad: 'a'.repeat(9_000_000) })),
    'is empty': () => (_, response) => response.end(),
    'says that nothing is new without a signature': () => (_, response) => response.writeHead(304).end(),
    'says that nothing is new about another document': (issuer) => async (_, response) => {
      const claims = { iss: issuer.issuer, sub: issuer.feedUrl, etag: '"other"', iat: nowSeconds() + 5 };
      response
        .writeHead(304, { 'revocations-as-of': await issuer.sign(claims, { typ: 'revocations-as-of+jwt' }) })
        .end();
    },
    'has 50 MB and says so': () => (_, response) => {
      response.writeHead(200, { 'content-length': 50_000_000 });
      response.write('a'.repeat(1_000));
    },
    'has 50 MB and does not say so': () => (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write('a'.repeat(100_000)));
      };
      response.on('drain', more);
      more();
    },
  };

  it.each(Object.entries(attacks))('%s', async (_, attack) => {
    const issuer = await start();
    const claims = issuer.claims();
    const [dead, live] = [await issuer.sign(claims, { typ: 'at+jwt' }), await issuer.token()];
    issuer.published.push('stolen');
    issuer.set = { ...issuer.set, sids: [hashed(claims.sid)], kids: ['stolen'] };
    const verifier = following(issuer);
    expect(await verdictOn(verifier, dead)).toBe('token_revoked (ended)');
    const { entries } = verifier.health();

    // The liar's set lets the dead token live.
    issuer.instead.set(FEED, attack(issuer));
    issuer.set = { sids: [], jtis: [], subs: {}, kids: [] };
    issuer.revoke({}); // ends a request that is held
    await until('the lie is refused', () => verifier.health().lastError !== undefined);
    expect(verifier.health().entries).toBe(entries);
    expect(await verdictOn(verifier, dead)).toBe('token_revoked (ended)');
    expect(await verdictOn(verifier, live)).toBe('accepted');

    issuer.instead.delete(FEED);
    issuer.set = { ...issuer.set, sids: [hashed(claims.sid), hashed(randomUUID()), hashed(randomUUID())] };
    // With the key: one that was revoked stays so.
    await until('the truth is taken again', () => verifier.health().entries === 4);
  });

  it('drips for ever: it is cut off before the feed would be stale', async () => {
    const issuer = await start();
    const verifier = following(issuer);
    expect(await verdictOn(verifier, await issuer.token())).toBe('accepted');
    issuer.instead.set(FEED, (_, response) => {
      const drip = setInterval(() => response.write('a'), 100);
      response.once('close', () => clearInterval(drip));
    });
    issuer.revoke({}); // ends the request that is held
    await until('it is cut off', () => verifier.health().lastError !== undefined);
    expect(verifier.health()).toMatchObject({ isFresh: true });
  });

  it('is a copy of what is known: it does not make the knowledge younger', async () => {
    const issuer = await start();
    const copy = await issuer.document();
    issuer.instead.set(FEED, (_, response) => response.end(copy));
    let ahead = 0;
    const verifier = following(issuer, { clock: () => Date.now() + ahead });
    const token = await issuer.token();
    expect(await verdictOn(verifier, token)).toBe('accepted');
    const before = issuer.requests.length;
    ahead = 16_000;
    await until('it asked again', () => issuer.requests.length > before + 1);
    expect(await verdictOn(verifier, token)).toBe('unavailable (keep)');
  });
});

describe('two documents of one second', () => {
  it('add up, because two instances of the issuer may each know something', async () => {
    const issuer = await start();
    const [one, two] = [issuer.claims(), issuer.claims()];
    const iat = nowSeconds();
    issuer.set.sids = [hashed(one.sid)];
    issuer.instead.set(FEED, async (_, response) =>
      response.end(await issuer.document({ iat, sids: issuer.set.sids })),
    );
    const verifier = following(issuer);
    const [first, second] = [await issuer.sign(one, { typ: 'at+jwt' }), await issuer.sign(two, { typ: 'at+jwt' })];
    expect(await verdictOn(verifier, first)).toBe('token_revoked (ended)');
    issuer.set.sids = [hashed(two.sid)];
    await until('the second is known', async () => (await verdictOn(verifier, second)) === 'token_revoked (ended)');
    expect(await verdictOn(verifier, first)).toBe('token_revoked (ended)');
  });
});

describe('F5: when the feed is lost', () => {
  it('a route refuses with 503 and keeps the session once the feed is older than maxFeedAge, or accepts by its policy', async () => {
    const issuer = await start();
    let ahead = 0;
    const verifier = following(issuer, { clock: () => Date.now() + ahead });
    const claims = issuer.claims();
    issuer.set.sids = [hashed(claims.sid)];
    const [token, dead] = [await issuer.token(), await issuer.sign(claims, { typ: 'at+jwt' })];
    expect(await verdictOn(verifier, token)).toBe('accepted');
    issuer.instead.set(FEED, (_, response) => response.writeHead(503, { 'retry-after': '1' }).end());
    issuer.revoke({});
    await until('the feed is lost', () => verifier.health().lastError !== undefined);
    ahead = 14_000;
    expect(await verdictOn(verifier, token)).toBe('accepted');
    ahead = 60_000;
    expect(verifier.health()).toMatchObject({ isFresh: false, entries: 1 });
    expect(await verdictOn(verifier, token)).toBe('unavailable (keep)');
    expect(await verdictOn(verifier, token, { onStale: 'accept' })).toBe('accepted');
    expect(await verdictOn(verifier, dead, { onStale: 'accept' })).toBe('token_revoked (ended)');
    issuer.instead.delete(FEED);
    issuer.aheadSeconds = 60;
    await until('the feed is back', () => verifier.health().isFresh);
    expect(await verdictOn(verifier, token)).toBe('accepted');
  });

  it.each([30, -30])('clocks that are %i seconds apart are no reason to refuse', async (aheadSeconds) => {
    const issuer = await start();
    issuer.aheadSeconds = aheadSeconds;
    const verifier = following(issuer);
    const claims = issuer.claims();
    const token = await issuer.sign(claims, { typ: 'at+jwt' });
    expect(await verdictOn(verifier, token)).toBe('accepted');
    await until(
      'the feed is held and then confirmed',
      () => issuer.requests.filter((path) => path === FEED).length > 3,
    );
    expect(verifier.health()).toMatchObject({ isFresh: true, lastError: undefined });
    issuer.revoke({ sids: [hashed(claims.sid)] });
    await until('the revocation is known', async () => (await verdictOn(verifier, token)) === 'token_revoked (ended)');
  });

  it.each(['Accept', 'refused', '', null])('a policy that does not exist, %j, accepts nothing', async (onStale) => {
    const issuer = await start();
    issuer.instead.set(FEED, (_, response) => response.writeHead(503).end());
    const verifier = following(issuer);
    expect(await verdictOn(verifier, await issuer.token(), { onStale })).toBe('unavailable (keep)');
  });

  it('the issuer has no place for one more that waits: a sibling asks without waiting, and hears as soon', async () => {
    const issuer = await start();
    const verifier = following(issuer);
    const claims = issuer.claims();
    const token = await issuer.sign(claims, { typ: 'at+jwt' });
    expect(await verdictOn(verifier, token)).toBe('accepted');
    let refused = 0;
    issuer.instead.set(FEED, (request, response) => {
      if (!request.url?.includes('wait')) return issuer.answerFeed(request, response);
      refused++;
      return response.writeHead(503, { 'retry-after': '2' }).end();
    });
    issuer.revoke({});
    await until('it was refused a place', () => refused > 0);
    for (let count = 0; count < 3; count++) {
      const asked = issuer.requests.length;
      await until('it asks again', () => issuer.requests.length > asked);
    }
    expect({ refused, ...verifier.health() }).toMatchObject({ refused: 1, isFresh: true, lastError: undefined });
    issuer.revoke({ sids: [hashed(claims.sid)] });
    await until('the revocation is known', async () => (await verdictOn(verifier, token)) === 'token_revoked (ended)');
  });

  it('a restarted sibling refuses until it knows the feed, and then knows what was revoked before', async () => {
    const issuer = await start();
    const claims = issuer.claims();
    const token = await issuer.sign(claims, { typ: 'at+jwt' });
    issuer.instead.set(FEED, (_, response) => response.writeHead(503).end());
    const verifier = following(issuer);
    expect(await verdictOn(verifier, token)).toBe('unavailable (keep)');
    expect(verifier.health()).toMatchObject({ isFresh: false, ageSeconds: Infinity });
    issuer.set.sids = [hashed(claims.sid)];
    issuer.instead.delete(FEED);
    await until('the revocation is known', async () => (await verdictOn(verifier, token)) === 'token_revoked (ended)');
  });

  it('a restarted issuer is followed again, and its keys were never forgotten', async () => {
    const issuer = await start();
    const verifier = following(issuer);
    const token = await issuer.token();
    expect(await verdictOn(verifier, token)).toBe('accepted');
    const { port } = new URL(issuer.url);
    await issuer.stop();
    await until('the feed fails', () => verifier.health().lastError !== undefined);
    expect(await verdictOn(verifier, token)).toBe('accepted');
    const again = await new SmallIssuer().listen(Number(port));
    const claims = again.claims();
    again.set.sids = [hashed(claims.sid)];
    const dead = await again.sign(claims, { typ: 'at+jwt' });
    await until('the new one is followed', async () => (await verdictOn(verifier, dead)) === 'token_revoked (ended)');
    expect(await verdictOn(verifier, token)).toBe('accepted');
  });

  it('tokens that come meanwhile do not ask the issuer, known key or not', async () => {
    const issuer = await start();
    const verifier = following(issuer);
    const [token, unknown] = [await issuer.token(), await issuer.token({}, { kid: 'another' })];
    expect(await verdictOn(verifier, token)).toBe('accepted');
    for (const path of ['/jwks', FEED]) issuer.instead.set(path, (_, response) => response.writeHead(500).end());
    const before = issuer.requests.length;
    for (let count = 0; count < 200; count++) {
      expect(await verdictOn(verifier, token)).toBe('accepted');
      await verdictOn(verifier, unknown);
    }
    expect(issuer.requests.slice(before).filter((path) => path === '/jwks').length).toBeLessThan(3);
  });
});

describe('the metadata', () => {
  it('of an issuer with a path is found where RFC 8414 §3.1 says', async () => {
    const issuer = await start();
    issuer.path = '/tenants/one';
    expect(await verdictOn(following(issuer), await issuer.token())).toBe('accepted');
    expect(issuer.requests[0]).toBe(`${METADATA}/tenants/one`);
  });

  const metadata = (issuer: SmallIssuer, over: object) => (_: unknown, response: ServerResponse) =>
    response.end(
      JSON.stringify({
        issuer: issuer.issuer,
        jwks_uri: `${issuer.url}/jwks`,
        revocations_uri: issuer.feedUrl,
        ...over,
      }).replaceAll('PORT', new URL(issuer.url).port),
    );

  it.each([
    ['names another issuer (RFC 8414 §3.3)', { issuer: 'https://auth.example.org' }],
    ['leads to keys of another origin', { jwks_uri: 'http://localhost:PORT/jwks' }],
    ['leads to keys of another origin that begins alike', { jwks_uri: 'http://127.0.0.1.evil.example/jwks' }],
    ['leads to a feed of another origin', { revocations_uri: 'http://localhost:PORT/.well-known/revocations' }],
    ['holds a name and a password', { jwks_uri: 'http://user:secret@127.0.0.1/jwks' }],
    ['names no keys', { jwks_uri: undefined }],
    ['names no feed', { revocations_uri: undefined }],
  ])('that %s is refused with 503', async (_, over) => {
    const issuer = await start();
    issuer.instead.set(METADATA, metadata(issuer, over));
    expect(await verdictOn(following(issuer), await issuer.token())).toBe('unavailable (keep)');
  });

  it('is asked for again when the issuer was away, and not for each token', async () => {
    const issuer = await start();
    issuer.instead.set(METADATA, (_, response) => response.writeHead(502).end());
    const verifier = following(issuer);
    const token = await issuer.token();
    for (let count = 0; count < 50; count++) expect(await verdictOn(verifier, token)).toBe('unavailable (keep)');
    expect(issuer.requests.length).toBeLessThan(4);
    issuer.instead.delete(METADATA);
    await until('the issuer is found', async () => (await verdictOn(verifier, token)) === 'accepted');
  });

  it('is not needed when both addresses are pinned, even to another origin', async () => {
    const issuer = await start();
    issuer.path = '/elsewhere';
    const verifier = following(issuer, { jwksUri: `${issuer.url}/jwks`, revocationsUri: issuer.feedUrl });
    expect(await verdictOn(verifier, await issuer.token())).toBe('accepted');
    expect(issuer.requests.filter((path) => path.startsWith(METADATA))).toEqual([]);
  });
});

it('a closed verifier asks for nothing more and verifies nothing', async () => {
  const issuer = await start();
  const verifier = following(issuer);
  const token = await issuer.token();
  expect(await verdictOn(verifier, token)).toBe('accepted');
  await until('the feed is held', () => issuer.held === 1);
  await verifier[Symbol.asyncDispose]();
  await until('the connection ends', () => issuer.held === 0);
  const { length } = issuer.requests;
  expect(await verdictOn(verifier, token)).toBe('unavailable (keep)');
  expect(issuer.requests).toHaveLength(length);
});

it('one request for the feed is open at a time', async () => {
  const issuer = await start();
  const verifier = following(issuer);
  const token = await issuer.token();
  await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token)));
  await until('the feed is held', () => issuer.held === 1);
  await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token)));
  expect(issuer.held).toBe(1);
});
