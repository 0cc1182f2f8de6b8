// Signs access tokens (RFC 9068).
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { ACCESS_TOKEN_TYP } from '../../packages/contract/src/claims.js';
import { Config } from '../config/config.js';
import type { Role } from '../database/schema/vocabularies.js';
import { KeyRing } from '../keys/key-ring.js';
import type { Signer } from '../keys/signing-key.js';
import { type AccessClaims, CLIENT_ID } from './access-token.js';
import { acrOf } from './acr.js';
import type { ServiceClaims } from './service-token.js';

export interface AccessTokenSubject {
  readonly userId: string;
  readonly email: string;
  readonly role: Role;
  readonly tokenVersion: number;
  readonly sessionId: string;
  readonly authenticatedAt: Date;
  readonly methods: readonly string[];
  /** The thumbprint of the key of the session. */
  readonly jkt: string | null;
}

export interface ServiceTokenSubject {
  readonly clientId: string;
  readonly tokenVersion: number;
  readonly scope: string;
  readonly audiences: readonly [string, ...string[]];
}

export interface SignedAccessToken {
  readonly text: string;
  /** To a key: it is no bearer token. */
  readonly isBound: boolean;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

@Injectable()
export class AccessTokens {
  constructor(
    private readonly keyRing: KeyRing,
    private readonly config: Config,
  ) {}

  /**
   * Call it before an act that must not happen unless its token can be signed.
   * @throws Refusal `unavailable`
   */
  signer(): Promise<Signer> {
    return this.keyRing.signer();
  }

  /**
   * Signs with jose, which works off the main thread.
   * @param now the database's time
   * @param notAfter the end of the session, which no access token outlives
   * @param signer the result of `signer()`, if it was called before
   */
  async sign(subject: AccessTokenSubject, now: Date, notAfter: Date, signer?: Signer): Promise<SignedAccessToken> {
    const iat = Math.floor(now.getTime() / 1000);
    const exp = Math.min(iat + this.config.ACCESS_TOKEN_TTL_SECONDS, Math.floor(notAfter.getTime() / 1000));
    const claims = {
      iss: this.config.issuer,
      aud: audienceClaim(this.config.audiences),
      sub: subject.userId,
      iat,
      exp,
      jti: randomUUID(),
      sid: subject.sessionId,
      client_id: CLIENT_ID,
      email: subject.email,
      role: subject.role,
      tokenVersion: subject.tokenVersion,
      auth_time: Math.floor(subject.authenticatedAt.getTime() / 1000),
      amr: [...subject.methods],
      acr: acrOf(subject.methods),
      ...this.confirmationOf(subject),
    } satisfies AccessClaims;
    return this.signed(claims, signer ?? (await this.keyRing.signer(now)));
  }

  /** RFC 9449 §6.1. */
  private confirmationOf({ jkt }: AccessTokenSubject): Pick<AccessClaims, 'cnf'> {
    return jkt !== null && this.config.ACCESS_TOKEN_BINDING === 'on' ? { cnf: { jkt } } : {};
  }

  /** By the time of the ring, which is the database's. @throws Refusal `unavailable` */
  async signForService({ clientId, tokenVersion, scope, audiences }: ServiceTokenSubject): Promise<SignedAccessToken> {
    const signer = await this.keyRing.signer();
    const iat = Math.floor(this.keyRing.now().getTime() / 1000);
    const exp = iat + this.config.ACCESS_TOKEN_TTL_SECONDS;
    const who = { sub: clientId, client_id: clientId, tokenVersion, scope } as const;
    const claims = { iss: this.config.issuer, aud: audienceClaim(audiences), iat, exp, jti: randomUUID(), ...who };
    return this.signed(claims as ServiceClaims, signer);
  }

  private async signed(claims: AccessClaims | ServiceClaims, { kid, privateKey }: Signer): Promise<SignedAccessToken> {
    const text = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: ACCESS_TOKEN_TYP, kid })
      .sign(privateKey);
    const isBound = 'cnf' in claims;
    return { text, isBound, issuedAt: new Date(claims.iat * 1000), expiresAt: new Date(claims.exp * 1000) };
  }
}

const audienceClaim = (audiences: readonly [string, ...string[]]) =>
  audiences.length === 1 ? audiences[0] : [...audiences];
