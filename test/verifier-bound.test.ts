// Siblings and access tokens that are bound to a key (RFC 9449 §7): each check is broken alone, on every framework.
import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { createServer, request as requestTo } from 'node:http';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import * as dpop from 'dpop';
import { fastify } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { protect as protectExpress } from '../packages/verifier/src/express.js';
import { protect as protectFastify } from '../packages/verifier/src/fastify.js';
import { createVerifier, isVerificationError, type Verifier } from '../packages/verifier/src/main.js';
import { WatchwordModule } from '../packages/verifier/src/nest.js';
import { protect as protectNode } from '../packages/verifier/src/node.js';
import { listening } from './support/listening.js';
import { ClientKey, type ProofParts } from './support/key-proofs.js';
import { AUDIENCE, nowSeconds, SmallIssuer } from './support/small-issuer.js';

const PUBLIC_URL = 'https://orders.example.com';
const PATH = '/orders/7';
const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url');

type Headers = Record<string, string | string[]>;

async function proven(key: ClientKey, token: string, { claims, ...parts }: ProofParts = {}): Promise<Headers> {
  const own = { htm: 'GET', htu: PUBLIC_URL + PATH, ...claims };
  return { ...(await key.access(token, PATH, { ...parts, claims: own })) };
}

const verifierOf = (issuer: SmallIssuer, options = {}): Verifier => {
  const verifier = createVerifier({ issuer: issuer.issuer, audience: AUDIENCE, publicUrl: PUBLIC_URL, ...options });
  onTestFinished(() => verifier.close());
  return verifier;
};

async function verdictOn(verifier: Verifier, token: string, headers: Headers, more = {}): Promise<string> {
  try {
    await verifier.verify(token, { request: { method: 'GET', url: `${PATH}?a=b`, headers, ...more } });
    return 'accepted';
  } catch (error) {
    if (!isVerificationError(error)) throw error;
    return error.code;
  }
}

async function boundToken(alg?: string) {
  const issuer = await new SmallIssuer().listen();
  const key = await ClientKey.make(alg);
  return { issuer, key, token: await issuer.token({ cnf: { jkt: key.jkt } }) };
}

describe('a token that is bound to a key', () => {
  it.each(['ES256', 'Ed25519'])('counts with a proof of it: %s', async (alg) => {
    const { issuer, key, token } = await boundToken(alg);
    expect(await verdictOn(verifierOf(issuer), token, await proven(key, token))).toBe('accepted');
  });

  it('counts with a proof that a library of others made', async () => {
    const issuer = await new SmallIssuer().listen();
    const pair = await dpop.generateKeyPair('ES256');
    const token = await issuer.token({ cnf: { jkt: await dpop.calculateThumbprint(pair.publicKey) } });
    const proof = await dpop.generateProof(pair, PUBLIC_URL + PATH, 'GET', undefined, token);
    const headers = { authorization: `DPoP ${token}`, dpop: proof };
    expect(await verdictOn(verifierOf(issuer), token, headers)).toBe('accepted');
  });

  const mismatch: [string, (key: ClientKey, token: string) => Promise<Headers>][] = [
    ['as a bearer', async (_, token) => ({ authorization: `Bearer ${token}` })],
    [
      'as a bearer with a right proof',
      async (key, token) => ({ ...(await proven(key, token)), authorization: `Bearer ${token}` }),
    ],
    ['in a cookie', async (key, token) => ({ dpop: (await proven(key, token))['dpop'] ?? '' })],
  ];
  it.each(mismatch)('is refused %s', async (_, headersOf) => {
    const { issuer, key, token } = await boundToken();
    expect(await verdictOn(verifierOf(issuer), token, await headersOf(key, token))).toBe('dpop_scheme_mismatch');
  });

  const wrong: [string, (key: ClientKey, token: string) => Promise<Headers>][] = [
    ['without a proof', async (_, token) => ({ authorization: `DPoP ${token}` })],
    [
      'with two',
      async (key, token) => {
        const [one, two] = [await proven(key, token), await proven(key, token)];
        return { ...one, dpop: [String(one['dpop']), String(two['dpop'])] };
      },
    ],
    ['of another key', async (_, token) => proven(await ClientKey.make(), token)],
    [
      'with the signature of another key',
      async (key, token) => proven(key, token, { signer: (await ClientKey.make()).privateKey }),
    ],
    ['of another typ', (key, token) => proven(key, token, { header: { typ: 'jwt' } })],
    [
      'by a shared secret',
      (key, token) => proven(key, token, { header: { alg: 'HS256' }, signer: Buffer.alloc(32, 1) }),
    ],
    ['with a private jwk', (key, token) => proven(key, token, { header: { jwk: key.privateJwk } })],
    ['without a jwk', (key, token) => proven(key, token, { header: { jwk: undefined } })],
    ['without jti', (key, token) => proven(key, token, { claims: { jti: undefined } })],
    ['for another method', (key, token) => proven(key, token, { claims: { htm: 'POST' } })],
    ['for another path', (key, token) => proven(key, token, { claims: { htu: `${PUBLIC_URL}/orders/8` } })],
    ['for another host', (key, token) => proven(key, token, { claims: { htu: `https://evil.example${PATH}` } })],
    ['without ath', (key, token) => proven(key, token, { claims: { ath: undefined } })],
    ['for another token', (key, token) => proven(key, token, { claims: { ath: hashOf(`${token}x`) } })],
    ['made too early', (key, token) => proven(key, token, { claims: { iat: nowSeconds() - 65 } })],
    ['made too late', (key, token) => proven(key, token, { claims: { iat: nowSeconds() + 65 } })],
    ['without a time', (key, token) => proven(key, token, { claims: { iat: undefined } })],
    ['that is too long', (key, token) => proven(key, token, { claims: { more: 'x'.repeat(4_000) } })],
  ];
  it.each(wrong)('is refused with a proof %s', async (_, headersOf) => {
    const { issuer, key, token } = await boundToken();
    expect(await verdictOn(verifierOf(issuer), token, await headersOf(key, token))).toBe('dpop_access_proof_invalid');
  });

  it('is refused where the verifier has not been told its address, and the cause says so', async () => {
    const { issuer, key, token } = await boundToken();
    const verifier = verifierOf(issuer, { publicUrl: undefined });
    const request = { method: 'GET', url: PATH, headers: await proven(key, token) };
    await expect(verifier.verify(token, { request })).rejects.toMatchObject({
      code: 'dpop_access_proof_invalid',
      cause: { message: expect.stringContaining('publicUrl') },
    });
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'dpop_scheme_mismatch', session: 'keep' });
  });

  it('is judged by the path before a router took a part off, and by no address in the request line', async () => {
    const { issuer, key, token } = await boundToken();
    const headers = await proven(key, token);
    const verifier = verifierOf(issuer, { publicUrl: `${PUBLIC_URL}/` });
    expect(await verdictOn(verifier, token, headers, { url: '/7', originalUrl: PATH })).toBe('accepted');
    for (const url of [`https://orders.example.com${PATH}`, '*', ''])
      expect(await verdictOn(verifier, token, headers, { url })).toBe('dpop_access_proof_invalid');
  });

  it.each([{ 'x5t#S256': 'abc' }, 'a key', null, { jkt: 7 }])('is none with a cnf of another form: %j', async (cnf) => {
    const issuer = await new SmallIssuer().listen();
    const token = await issuer.token({ cnf });
    const headers = { authorization: `Bearer ${token}` };
    expect(await verdictOn(verifierOf(issuer), token, headers)).toBe('unauthenticated');
  });
});

it('a token without a key is refused under the scheme DPoP, whatever proof comes with it', async () => {
  const issuer = await new SmallIssuer().listen();
  const [key, token] = [await ClientKey.make(), await issuer.token()];
  const verifier = verifierOf(issuer);
  expect(await verdictOn(verifier, token, { authorization: `Bearer ${token}` })).toBe('accepted');
  for (const headers of [{ authorization: `DPoP ${token}` }, await proven(key, token)])
    expect(await verdictOn(verifier, token, headers)).toBe('dpop_scheme_mismatch');
});

const frameworks: Record<string, (issuer: SmallIssuer) => Promise<string>> = {
  node(issuer) {
    const callerOf = protectNode(verifierOf(issuer));
    return listening(
      createServer((request, response) => void callerOf(request, response).then((claims) => claims && response.end())),
    );
  },
  express(issuer) {
    const protect = protectExpress(verifierOf(issuer));
    return listening(createServer((request, response) => protect(request, response, () => response.end())));
  },
  async fastify(issuer) {
    const app = fastify();
    onTestFinished(() => app.close());
    app.get('/orders/:id', { onRequest: protectFastify(verifierOf(issuer)) }, () => '');
    return app.listen({ host: '127.0.0.1', port: 0 });
  },
  async nest(issuer) {
    @Controller('orders')
    class Orders {
      @Get(':id')
      read() {
        return '';
      }
    }
    const options = { issuer: issuer.issuer, audience: AUDIENCE, publicUrl: PUBLIC_URL };
    @Module({ imports: [WatchwordModule.forRoot(options)], controllers: [Orders] })
    class App {}
    const app = await NestFactory.create<NestFastifyApplication>(App, new FastifyAdapter(), { logger: false });
    onTestFinished(() => app.close());
    await app.listen(0, '127.0.0.1');
    return app.getUrl();
  },
};

it.each(Object.entries(frameworks))(
  'a service on %s refuses a stolen token, and serves its owner',
  async (_, serve) => {
    const { issuer, key, token } = await boundToken();
    const url = (await serve(issuer)) + PATH;
    const ask = (headers: Headers) =>
      new Promise<[number | undefined, string]>((done, fail) => {
        const outgoing = requestTo(url, { headers }, (response) => {
          response.resume();
          done([response.statusCode, String(response.headers['www-authenticate'])]);
        });
        outgoing.on('error', fail).end();
      });
    expect((await ask(await proven(key, token)))[0]).toBe(200);
    const stolen = await ask({ authorization: `Bearer ${token}` });
    expect(stolen).toEqual([401, expect.stringContaining('DPoP realm="watchword", error="invalid_token"')]);
    const guessed = await ask(await proven(await ClientKey.make(), token));
    expect(guessed).toEqual([401, expect.stringMatching(/error="invalid_dpop_proof".*algs="ES256 Ed25519"/)]);
  },
);
