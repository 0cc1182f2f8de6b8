import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { noteKeyProof, takesKeyProof } from '../http/key-proof.js';
import { requestOf } from '../http/request-of.js';
import { KeyProofs } from './key-proofs.js';

/** Runs before the handler, so that a proof with a wrong time uses up no code, ticket or token of the sign-in. */
@Injectable()
export class KeyProofGuard implements CanActivate {
  constructor(private readonly proofs: KeyProofs) {}

  /** @throws Refusal `dpop_proof_invalid`, `dpop_nonce_required`, `unavailable` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    if (takesKeyProof(request)) noteKeyProof(request, await this.proofs.of(request));
    return true;
  }
}
