// Keys of clients, and their proofs (RFC 9449 §4.2): right ones, and those in which the test has changed something.
import { createHash, randomUUID } from 'node:crypto';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { expect } from 'vitest';
import { type Answer, call, type Person, refresh, register, type Tokens } from './client.js';
import { testSettings } from './settings.js';

export interface ProofParts {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  /** Signs instead of the key that the header names. */
  readonly signer?: CryptoKey | Uint8Array;
}

export class ClientKey {
  private constructor(
    readonly alg: string,
    readonly privateKey: CryptoKey,
    readonly jwk: JWK,
    readonly jkt: string,
    readonly privateJwk: JWK,
  ) {}

  static async make(alg = 'ES256'): Promise<ClientKey> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = await exportJWK(publicKey);
    return new ClientKey(alg, privateKey, jwk, await calculateJwkThumbprint(jwk), await exportJWK(privateKey));
  }

  /** Of a pair that a library made, which gives no private key away. */
  static async of(publicKey: CryptoKey, privateKey: CryptoKey, alg = 'ES256'): Promise<ClientKey> {
    const jwk = await exportJWK(publicKey);
    return new ClientKey(alg, privateKey, jwk, await calculateJwkThumbprint(jwk), {});
  }

  /** @param path of the service; a claim that is given as undefined is left out */
  proof(path: string, { header = {}, claims = {}, signer = this.privateKey }: ProofParts = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const payload = { htm: 'POST', htu: testSettings.PUBLIC_URL + path, iat: now, jti: randomUUID(), ...claims };
    return new SignJWT(payload)
      .setProtectedHeader({ typ: 'dpop+jwt', alg: this.alg, jwk: this.jwk, ...header })
      .sign(signer);
  }

  /** The headers of a request with an access token that is bound to the key; a claim that is given replaces the right one. */
  async access(token: string, path: string, { claims, ...parts }: ProofParts = {}) {
    const ath = createHash('sha256').update(token).digest('base64url');
    return { authorization: `DPoP ${token}`, dpop: await this.proof(path, { ...parts, claims: { ath, ...claims } }) };
  }

  async headers(path: string, parts?: ProofParts): Promise<{ dpop: string }> {
    return { dpop: await this.proof(path, parts) };
  }
}

/** Signs in over the bearer transport with a proof; registers first unless a person is given. */
export async function boundMobile(
  base: string,
  key: ClientKey,
  person?: Person,
  parts?: ProofParts,
): Promise<Tokens & { person: Person }> {
  const who = person ?? (await register(base));
  const body = { ...who, transport: 'bearer' };
  const answer = await call(base, 'POST', '/auth/login', { body, headers: await key.headers('/auth/login', parts) });
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
  return { ...(answer.json as Tokens), person: who };
}

/** Refreshes with a new proof, and as a client does once more with the nonce where one is asked for. */
export async function boundRefresh(
  base: string,
  key: ClientKey,
  refreshToken: string,
  parts: ProofParts = {},
): Promise<Answer> {
  const once = async (claims: Record<string, unknown>) =>
    call(base, 'POST', '/auth/refresh', {
      body: { refreshToken },
      headers: await key.headers('/auth/refresh', { ...parts, claims }),
    });
  const answer = await once({ ...parts.claims });
  if (answer.json['code'] !== 'dpop_nonce_required') return answer;
  return once({ ...parts.claims, nonce: answer.headers['dpop-nonce'] });
}

/** Of a session just started: it refreshes with its key, and with nothing else, a replay in the grace included. */
export async function goesOnBound(base: string, key: ClientKey, refreshToken: string): Promise<void> {
  const thief = await ClientKey.make();
  for (const step of ['refresh', 'retry']) {
    for (const headers of [{}, await thief.headers('/auth/refresh')])
      expect((await refresh(base, refreshToken, headers)).json).toMatchObject({
        ...{ code: 'dpop_proof_invalid', session: 'keep' },
      });
    const answer = await boundRefresh(base, key, refreshToken);
    expect([step, answer.status]).toEqual([step, 200]);
  }
}
