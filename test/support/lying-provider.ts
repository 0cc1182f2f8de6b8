// An OpenID provider that tells one lie at a time: a plain server with keys of its own. Without a lie it is honest.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactSign, exportJWK, exportSPKI, generateKeyPair, type JWTHeaderParameters } from 'jose';
import { noteSecret } from './leaks.js';
import { UPSTREAM_SECRET } from './upstream-provider.js';

type Json = Record<string, unknown>;

export interface Lie {
  /** What the redirect back to us carries. */
  readonly callback?: (query: URLSearchParams) => void;
  readonly header?: (header: JWTHeaderParameters) => JWTHeaderParameters;
  readonly claims?: (claims: Json) => Json;
  /** Another text in place of the ID token; undefined for none. */
  readonly idToken?: (honest: string, liar: Liar) => string | undefined | Promise<string | undefined>;
  readonly token?: (answer: Json) => unknown;
  readonly userinfo?: (claims: Json) => Json;
  readonly metadata?: (metadata: Json) => Json;
  readonly jwks?: (keys: Json) => Json;
  /** Takes the whole answer to a path over; true if it did. */
  readonly answers?: (path: string, response: ServerResponse) => boolean;
}

export interface Liar {
  readonly issuer: string;
  readonly entry: Json;
  lie: Lie;
  /** How often each path was asked for. */
  readonly asked: Map<string, number>;
  /** Signs as the provider does, with a key that it does not publish. */
  readonly signByStranger: (claims: Json, header?: Json) => Promise<string>;
  /** In PEM, as an attacker would use it for HMAC. */
  readonly publicKey: () => Promise<string>;
  /** From now on it signs with another key, under another name. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

export const SUBJECT = 'the subject of the victim';
const CLIENT_ID = 'watchword';
const ACCESS_TOKEN = randomBytes(24).toString('base64url');
const encode = (json: unknown) => Buffer.from(JSON.stringify(json)).toString('base64url');

/** HMAC with what everybody knows, or with our own secret. */
export function signedByHmac(claims: unknown, secret: string, kid = 'first'): string {
  const input = `${encode({ alg: 'HS256', kid })}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

export const unsigned = (claims: unknown): string => `${encode({ alg: 'none' })}.${encode(claims)}.`;

export const claimsOf = (jwt: string): Json =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Json;

export async function openLiar(id = 'liar'): Promise<Liar> {
  const newKey = (kid: string) => generateKeyPair('RS256', { extractable: true }).then((pair) => ({ ...pair, kid }));
  const [stranger, first] = [await newKey('first'), await newKey('first')];
  let key = first;
  noteSecret(ACCESS_TOKEN, "the provider's access token");
  const codes = new Map<string, { challenge: string; nonce: string }>();
  const asked = new Map<string, number>();
  const sign = (claims: Json, header: Json, by = key) =>
    new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'RS256', kid: by.kid, ...header })
      .sign(by.privateKey);

  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.writeHead(599).end(String(error)));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `${base}/application/o/${id}/`;
  const liar: Liar = {
    ...{ issuer, asked, lie: {} },
    entry: { id, label: 'Liar', issuer, clientId: CLIENT_ID, clientSecretEnv: 'UPSTREAM_SECRET' },
    signByStranger: (claims, header = {}) => sign(claims, header, stranger),
    publicKey: () => exportSPKI(key.publicKey),
    async rotate() {
      key = await newKey(randomBytes(4).toString('hex'));
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', base);
    const path = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const { lie } = liar;
    if (lie.answers?.(path, response)) return;
    const json = (body: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (path === 'openid-configuration') return json((lie.metadata ?? same)(metadataOf(issuer, base)));
    if (path === 'jwks') {
      const jwk = { ...(await exportJWK(key.publicKey)), kid: key.kid, alg: 'RS256', use: 'sig' };
      return json((lie.jwks ?? same)({ keys: [jwk] }));
    }
    if (path === 'authorize') {
      const code = randomBytes(16).toString('hex');
      const { code_challenge: challenge = '', nonce = '' } = Object.fromEntries(url.searchParams);
      codes.set(code, { challenge, nonce });
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      back.search = new URLSearchParams({ code, state: url.searchParams.get('state') ?? '', iss: issuer }).toString();
      lie.callback?.(back.searchParams);
      response.writeHead(303, { location: back.href }).end();
      return;
    }
    if (path === 'userinfo') return json((lie.userinfo ?? same)({ sub: SUBJECT, email: 'victim@example.com' }));
    if (path !== 'token') return json({ error: 'not_found' }, 404);
    const form = new URLSearchParams(await textOf(request));
    const given = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (form.get('client_secret') !== UPSTREAM_SECRET) return json({ error: 'invalid_client' }, 401);
    if (given?.challenge !== challenge)
      return json({ error: 'invalid_grant', error_description: 'no\nsuch code' }, 400);
    const now = Math.floor(Date.now() / 1000);
    const honest = { iss: issuer, aud: CLIENT_ID, sub: SUBJECT, iat: now, exp: now + 300, nonce: given.nonce };
    const claims = (lie.claims ?? same)({ ...honest, email: 'victim@example.com', email_verified: true });
    const token = await sign(claims, (lie.header ?? same)({ alg: 'RS256', kid: key.kid }));
    const idToken = lie.idToken ? await lie.idToken(token, liar) : token;
    noteSecret(token.split('.')[2], 'the signature of an ID token');
    const whole = { access_token: ACCESS_TOKEN, token_type: 'Bearer', expires_in: 300 };
    json((lie.token ?? same)({ ...whole, ...(idToken === undefined ? {} : { id_token: idToken }) }));
  }
  return liar;
}

const same = <T>(value: T): T => value;

const metadataOf = (issuer: string, base: string): Json => ({
  issuer,
  authorization_endpoint: `${base}/application/o/authorize`,
  token_endpoint: `${base}/application/o/token`,
  jwks_uri: `${issuer}jwks`,
  userinfo_endpoint: `${base}/application/o/userinfo`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  // It promises anything: what counts is ours.
  id_token_signing_alg_values_supported: ['RS256', 'ES256', 'PS256', 'HS256', 'none'],
  token_endpoint_auth_methods_supported: ['client_secret_post'],
  authorization_response_iss_parameter_supported: true,
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
