// Signs the answer to an introspection, so that it proves afterwards what the issuer said (RFC 9701).
import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { Config } from '../config/config.js';
import { KeyRing } from '../keys/key-ring.js';
import type { Introspected } from './introspection.js';

const TYPE = 'token-introspection+jwt';
export const SIGNED_ANSWER = `application/${TYPE}`;

@Injectable()
export class SignedIntrospection {
  constructor(
    private readonly keyRing: KeyRing,
    private readonly config: Config,
  ) {}

  /**
   * RFC 9701 §5: neither `sub` nor `exp` at the top, so that nobody takes it for an access token.
   * @param audience the client_id of the service that asked
   */
  async sign(answer: Introspected, audience: string): Promise<string> {
    const { kid, privateKey } = await this.keyRing.signer();
    const iat = Math.floor(this.keyRing.now().getTime() / 1_000);
    const claims = { iss: this.config.issuer, aud: audience, iat, token_introspection: answer };
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: TYPE, kid }).sign(privateKey);
  }
}
