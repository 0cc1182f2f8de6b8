// Verifies the proof of a key that came with a request, up to what only the session's row can tell: whose key it is, and
// whether the proof was used before (sessions/refresh-attempt.ts).
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import type { KeyProof } from '../http/key-proof.js';
import { DerivedKeys } from '../keys/derived-keys.js';
import { KeyRing } from '../keys/key-ring.js';
import { nonceOf, timeOfNonce } from './nonces.js';
import { verifyProof } from './proof.js';

/** How far a client's clock may be from the database's, either way. */
const MAX_SKEW_SECONDS = 60;
/** Of ids that one key made within a second: none of them meets another by chance. */
const ID_HASH_BYTES = 8;

@Injectable()
export class KeyProofs {
  constructor(
    private readonly config: Config,
    private readonly derivedKeys: DerivedKeys,
    private readonly keyRing: KeyRing,
  ) {}

  /**
   * @returns undefined where there is no `DPoP` header
   * @throws Refusal `dpop_proof_invalid`; `dpop_nonce_required` where its time cannot be believed; `unavailable`
   */
  async of({ headers, method, url }: FastifyRequest): Promise<KeyProof | undefined> {
    const text = headers['dpop'];
    if (text === undefined) return undefined;
    const [path = ''] = url.split('?', 1);
    const proof = await verifyProof(String(text), { method, url: this.config.publicUrl + path });
    const key = await this.derivedKeys.of('dpop nonce');
    await this.keyRing.confirm();
    const now = Math.floor(this.keyRing.now().getTime() / 1_000);
    const madeAt = timeOf(proof, key, now);
    if (madeAt === undefined) throw new Refusal('dpop_nonce_required', { dpopNonce: nonceOf(key, now) });
    return {
      jkt: proof.jkt,
      ath: proof.ath,
      madeAt,
      idHash: createHash('sha256').update(proof.jti).digest().subarray(0, ID_HASH_BYTES),
      nonceAfter: (last) => nonceOf(key, now, last),
    };
  }
}

/** A nonce stands for our own clock, so the client's does not matter beside one. @returns undefined for what is not now */
function timeOf(proof: { iat: number; nonce: string | undefined }, key: Buffer, now: number): number | undefined {
  if (proof.nonce !== undefined) return timeOfNonce(key, proof.nonce, now);
  return Math.abs(now - proof.iat) <= MAX_SKEW_SECONDS ? proof.iat : undefined;
}
