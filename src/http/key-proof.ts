// The proof of a key that came with a request (RFC 9449). dpop/key-proof.guard.ts verifies it and writes it here.
import type { FastifyRequest } from 'fastify';
import { hasMark, routeMark } from './route-mark.js';

/** Of proofs. Asymmetric only (RFC 9449 §11.6): what phones, browsers and Node keep keys for. */
export const PROOF_ALGORITHMS = ['ES256', 'Ed25519'] as const;

export interface KeyProof {
  /** The thumbprint of the key (RFC 7638), in base64url: 43 characters. */
  readonly jkt: string;
  /** When it was made, in seconds since 1970: as its client says or, where it holds a nonce, when we gave that out. */
  readonly madeAt: number;
  /** 8 bytes of the SHA-256 of its `jti`. */
  readonly idHash: Buffer;
  /** The SHA-256 of the access token that it is for, in base64url. Other requests ignore it. */
  readonly ath: string | undefined;
  /** @returns a nonce for a proof that counts as no older than one of so many seconds since 1970 */
  nonceAfter(seconds: number): string;
}

/** A route whose `DPoP` header is verified before its handler runs. On others it counts for bound access tokens only. */
export const TakesKeyProof = () => routeMark({ takesKeyProof: true });

export const takesKeyProof = (request: FastifyRequest): boolean => hasMark(request, 'takesKeyProof');

interface Holding {
  keyProof?: KeyProof | undefined;
}

export function noteKeyProof(request: FastifyRequest, proof: KeyProof | undefined): void {
  (request as Holding).keyProof = proof;
}

/** @returns undefined where the request had no `DPoP` header */
export const keyProofOf = (request: FastifyRequest): KeyProof | undefined => (request as Holding).keyProof;
