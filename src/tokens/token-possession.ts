// Judges the proof of the key that a token is bound to (RFC 9449 §7.1; docs/protocols/bound-refresh.md).
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { KeyProofs } from '../dpop/key-proofs.js';
import { Refusal } from '../errors.js';
import type { KeyProof } from '../http/key-proof.js';
import type { AccessClaims } from './access-token.js';
import { PresentedToken } from './presented-token.js';

@Injectable()
export class TokenPossession {
  constructor(
    private readonly presented: PresentedToken,
    private readonly proofs: KeyProofs,
  ) {}

  /**
   * @param claims of the token that the request carries
   * @throws Refusal `dpop_scheme_mismatch` where a bound token came as a bearer or in a cookie, or another one under the
   * scheme DPoP; `dpop_access_proof_invalid`, `dpop_nonce_required`, `unavailable`
   */
  async assert(request: FastifyRequest, { cnf }: Pick<AccessClaims, 'cnf'>): Promise<void> {
    const token = this.presented.of(request);
    const isDpop = token?.isDpop ?? false;
    if (!cnf && !isDpop) return;
    if (!cnf || !token || !isDpop) throw new Refusal('dpop_scheme_mismatch');
    const proof = await this.proofs.of(request).catch(asRefusalOfAccess);
    if (!proof) throw refused('there is no proof');
    if (proof.jkt !== cnf.jkt) throw refused('a proof of another key');
    if (proof.ath !== hashOf(token.text)) throw refused('a proof for another token');
  }

  /**
   * @returns the thumbprint of the key that was proved with the request, whatever token the proof is for
   * @throws Refusal `dpop_proof_invalid`, `dpop_nonce_required`, `unavailable`
   */
  async keyOf(request: FastifyRequest): Promise<string | undefined> {
    return (await this.proofs.of(request))?.jkt;
  }
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url');

const refused = (reason: string) => new Refusal('dpop_access_proof_invalid', { cause: new Error(reason) });

/** To a resource a wrong proof is 401 and not 400 (RFC 9449 §7.1). */
function asRefusalOfAccess(error: unknown): KeyProof {
  if (!(error instanceof Refusal) || error.code !== 'dpop_proof_invalid') throw error;
  throw new Refusal('dpop_access_proof_invalid', { cause: error.cause });
}
