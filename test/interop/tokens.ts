// Tokens that a service must refuse, each wrong in one way, and those that it must accept.
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { KeyRing } from '../../src/keys/key-ring.js';
import { decode } from '../support/client.js';
import type { Service } from '../support/service.js';

/** The kinds of the columns of docs/verifiers.md. */
export const kinds = ['forged', 'expired', 'audience', 'issuer', 'type'] as const;

export interface WrongToken {
  readonly kind: (typeof kinds)[number];
  readonly what: string;
  readonly token: string;
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

/** Signs what the issuer would never sign, with the issuer's key. */
async function signerOf(service: Service) {
  const { kid, privateKey } = await service.app.get(KeyRing).signer();
  const header = { alg: 'RS256', typ: 'at+jwt', kid };
  const sign = (claims: JWTPayload, other: Partial<JWTHeaderParameters> = {}, key: Key = privateKey) =>
    new SignJWT(claims).setProtectedHeader({ ...header, ...other }).sign(key);
  return { header, sign };
}
type Key = Parameters<SignJWT['sign']>[0];

/** The same token, signed 14 minutes ago. */
export async function agedToken(service: Service, good: string): Promise<string> {
  const { sign } = await signerOf(service);
  return sign({ ...decode(good), iat: now() - 840, exp: now() + 60 });
}

/**
 * @param good an access token; each of the others differs from it in one thing
 * @param audience the one of those in it that the verifiers ask for
 */
export async function wrongTokens(
  service: Service,
  good: string,
  publicKey: KeyObject,
  audience: string,
): Promise<WrongToken[]> {
  const { header, sign } = await signerOf(service);
  const claims: JWTPayload = decode(good);
  const [head = '', body = '', signature = ''] = good.split('.');
  const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = attacker.publicKey.export({ format: 'jwk' });
  const hmac = (key: string | Buffer) => {
    const signed = `${encoded({ ...header, alg: 'HS256' })}.${body}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  };
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const forged = {
    'signed by another key, under our kid': await sign(claims, {}, attacker.privateKey),
    'signed by a key that it brings along (`jwk`)': await sign(claims, { jwk }, attacker.privateKey),
    'a changed payload': `${head}.${encoded({ ...claims, role: 'admin' })}.${signature}`,
    'another signature': `${head}.${body}.${Buffer.alloc(256, 1).toString('base64url')}`,
    '`alg: none`': `${encoded({ ...header, alg: 'none' })}.${body}.`,
    '`alg: none` with our signature': `${encoded({ ...header, alg: 'none' })}.${body}.${signature}`,
    '`alg: HS256`, the public key as the secret': hmac(pem),
    'the same without the last line break': hmac(pem.trim()),
    'the same in DER': hmac(publicKey.export({ format: 'der', type: 'spki' })),
  };
  const foreign = 'https://elsewhere.test';
  const types = [
    'JWT',
    'id_token+jwt',
    'revocations+jwt',
    'revocations-as-of+jwt',
    'token-introspection+jwt',
    'logout+jwt',
  ];
  const { typ: _, ...untyped } = header;
  const of = (kind: WrongToken['kind'], tokens: Record<string, string>): WrongToken[] =>
    Object.entries(tokens).map(([what, token]) => ({ kind, what, token }));
  return [
    ...of('forged', forged),
    ...of('expired', { 'expired a minute ago': await sign({ ...claims, iat: now() - 960, exp: now() - 60 }) }),
    ...of('audience', {
      'for another audience': await sign({ ...claims, aud: foreign }),
      'for other audiences': await sign({ ...claims, aud: ['http://auth.test', `${audience}.elsewhere.test`] }),
    }),
    ...of('issuer', {
      'of another issuer': await sign({ ...claims, iss: foreign }),
      'of an issuer that begins alike': await sign({ ...claims, iss: `${claims.iss}.elsewhere.test` }),
    }),
    ...of(
      'type',
      Object.fromEntries(await Promise.all(types.map(async (typ) => [`\`${typ}\``, await sign(claims, { typ })]))),
    ),
    ...of('type', { 'no `typ`': await sign(claims, { ...untyped, typ: undefined as never }) }),
  ];
}
