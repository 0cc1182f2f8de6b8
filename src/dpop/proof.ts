// Verifies one DPoP proof as far as it needs neither a time nor a row (RFC 9449 §4.3).
import { calculateJwkThumbprint, compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { PROOF_ALGORITHMS } from '../http/key-proof.js';
import { isSameTarget } from '../../packages/contract/src/proof-target.js';

/** Others' proofs have 400 to 800 characters. */
const MAX_PROOF = 4_096;

/** One JWS in compact form. Two headers come joined by a comma, and match no more (check 1). */
const ONE_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const coordinate = z.string().regex(/^[\w-]{43}$/);
/** Of RSA, EC and OKP (RFC 7518 §6), and the octets of a symmetric key. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const isPublic = (jwk: unknown) => typeof jwk === 'object' && jwk !== null && !PRIVATE.some((name) => name in jwk);

/** Keeps the members of the thumbprint only (RFC 7638 §3.2). */
const publicKeys = {
  ES256: z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate }),
  Ed25519: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: coordinate }),
};

const header = z.object({ typ: z.literal('dpop+jwt'), alg: z.enum(PROOF_ALGORITHMS), jwk: z.custom(isPublic) });

const claims = z.object({
  jti: z.string().min(1).max(256),
  htm: z.string(),
  htu: z.string().max(2_048),
  iat: z.number().min(0).max(Number.MAX_SAFE_INTEGER),
  nonce: z.string().max(256).optional(),
  ath: z.string().max(256).optional(),
});

/** The request that a proof must be for. */
export interface Target {
  readonly method: string;
  /** Without query and fragment, from PUBLIC_URL. */
  readonly url: string;
}

export interface VerifiedProof {
  /** RFC 7638, base64url. */
  readonly jkt: string;
  readonly jti: string;
  /** Seconds since 1970 by the client's clock. Not judged yet, nor is the nonce. */
  readonly iat: number;
  readonly nonce: string | undefined;
  readonly ath: string | undefined;
}

/** @throws Refusal `dpop_proof_invalid`, with the reason for the log */
export async function verifyProof(text: string, target: Target): Promise<VerifiedProof> {
  try {
    return await verified(text, target);
  } catch (cause) {
    throw new Refusal('dpop_proof_invalid', { cause });
  }
}

async function verified(text: string, { method, url }: Target): Promise<VerifiedProof> {
  if (text.length > MAX_PROOF || !ONE_JWS.test(text)) throw new Error('not one proof');
  const { alg, jwk } = header.parse(decodeProtectedHeader(text));
  const key = publicKeys[alg].parse(jwk);
  const { payload } = await compactVerify(text, await importJWK(key, alg), { algorithms: [alg] });
  const { jti, htm, htu, iat, nonce, ath } = claims.parse(JSON.parse(Buffer.from(payload).toString()));
  if (htm !== method) throw new Error('for another method');
  if (!isSameTarget(htu, url)) throw new Error('for another address');
  return { jkt: await calculateJwkThumbprint(key), jti, iat: Math.floor(iat), nonce, ath };
}
