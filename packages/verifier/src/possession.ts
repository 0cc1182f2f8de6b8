// Demands the proof of the key that a token is bound to (RFC 9449 §4.3 and §7.1).
import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import type { AccessTokenClaims } from '../../contract/src/claims.js';
import { isSameTarget } from '../../contract/src/proof-target.js';
import { VerificationError } from './errors.js';
import { headerOf, type IncomingRequest, isUnderDpop } from './presented-token.js';
import type { Settings } from './settings.js';

/** For `WWW-Authenticate`. Asymmetric only (RFC 9449 §11.6), and the same as the issuer's. */
export const PROOF_ALGORITHMS = 'ES256 Ed25519';

/** How far the caller's clock may be from this machine's, either way, in seconds. */
const MAX_SKEW_SECONDS = 60;
const MAX_PROOF = 4_096;
/** Two headers come joined by a comma, and match no more (check 1). */
const ONE_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Of RSA, EC and OKP (RFC 7518 §6), and the octets of a symmetric key. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * @param request what the token came with; without it no token counts that is bound to a key
 * @throws VerificationError `dpop_scheme_mismatch`, `dpop_access_proof_invalid`
 */
export async function assertPossession(
  token: string,
  { cnf }: AccessTokenClaims,
  request: IncomingRequest | undefined,
  { publicUrl, now }: Settings,
): Promise<void> {
  const isDpop = request !== undefined && isUnderDpop(request);
  if (!cnf && !isDpop) return;
  if (!cnf || !isDpop) throw new VerificationError('dpop_scheme_mismatch');
  try {
    if (publicUrl === undefined) throw new Error('a token is bound to a key, and publicUrl of the verifier is not set');
    await checkProof(request, {
      jkt: cnf.jkt,
      ath: hashOf(token),
      url: publicUrl + pathOf(request),
      seconds: now() / 1_000,
    });
  } catch (cause) {
    throw new VerificationError('dpop_access_proof_invalid', { cause });
  }
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url');

/** Express and Fastify keep the path that was asked for, whatever part of it a router has taken off. */
function pathOf({ originalUrl, url }: IncomingRequest): string {
  const [path = ''] = (originalUrl ?? url ?? '').split('?', 1);
  if (!path.startsWith('/')) throw new Error('the request has no path');
  return path;
}

interface Expected {
  readonly jkt: string;
  readonly ath: string;
  readonly url: string;
  readonly seconds: number;
}

async function checkProof(request: IncomingRequest, { jkt, ath, url, seconds }: Expected): Promise<void> {
  const text = headerOf(request, 'dpop') ?? '';
  if (text.length > MAX_PROOF || !ONE_JWS.test(text)) throw new Error('not one proof');
  const { typ, alg, jwk } = decodeProtectedHeader(text);
  if (typ !== 'dpop+jwt') throw new Error('of another type');
  const key = publicKeyOf(alg, jwk);
  if ((await calculateJwkThumbprint(key)) !== jkt) throw new Error('of another key');
  const { payload } = await compactVerify(text, await importJWK(key, alg), { algorithms: [String(alg)] });
  const claims = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
  if (typeof claims['jti'] !== 'string' || claims['jti'] === '') throw new Error('without jti');
  if (claims['htm'] !== request.method) throw new Error('for another method');
  if (!isSameTarget(String(claims['htu']), url)) throw new Error(`for another address than ${url}`);
  if (claims['ath'] !== ath) throw new Error('for another token');
  const { iat } = claims;
  if (typeof iat !== 'number' || !(Math.abs(seconds - iat) <= MAX_SKEW_SECONDS)) throw new Error('of another time');
}

/** Keeps the members of the thumbprint only (RFC 7638 §3.2). */
function publicKeyOf(alg: string | undefined, jwk: JWK | undefined): JWK {
  if (typeof jwk !== 'object' || PRIVATE.some((name) => name in jwk)) throw new Error('without a public key');
  const { kty, crv, x, y } = jwk;
  if (alg === 'ES256' && kty === 'EC' && crv === 'P-256') return { kty, crv, x: String(x), y: String(y) };
  if (alg === 'Ed25519' && kty === 'OKP' && crv === 'Ed25519') return { kty, crv, x: String(x) };
  throw new Error('of another algorithm');
}
