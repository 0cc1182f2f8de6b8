// Verifies the answer of an authenticator that made a passkey.
import { Injectable } from '@nestjs/common';
import { type VerifiedRegistrationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { Config } from '../../config/config.js';
import { uuidBytes } from '../../tokens/checked-text.js';
import { authenticatorName } from './authenticator-names.js';
import { Challenges } from './challenges.js';
import { clientDataOf } from './client-data.js';
import { type Attestation, transportsOf } from './credentials.js';
import { ALGORITHMS } from './passkey-options.js';
import type { NewPasskey } from './passkeys.js';

/** An RSA key of 8,192 bits has less. A sign-in must not cost more. */
const MAX_PUBLIC_KEY = 1_100;

export interface Registered {
  readonly passkey: NewPasskey;
  readonly challenge: string;
}

@Injectable()
export class PasskeyRegistration {
  constructor(
    private readonly challenges: Challenges,
    private readonly config: Config,
  ) {}

  /** @returns undefined for whatever is wrong */
  async verified(credential: Attestation, userId: string, name?: string): Promise<Registered | undefined> {
    const client = clientDataOf(credential.response.clientDataJSON);
    if (!client || client.isFramed) return undefined;
    const info = (await this.verify(credential, userId)).registrationInfo;
    if (!info || info.credential.publicKey.length > MAX_PUBLIC_KEY) return undefined;
    const transports = transportsOf(credential.response.transports);
    const passkey = {
      userId,
      credentialId: Buffer.from(info.credential.id, 'base64url'),
      publicKey: Buffer.from(info.credential.publicKey),
      signCount: info.credential.counter,
      backupEligible: info.credentialDeviceType === 'multiDevice',
      backedUp: info.credentialBackedUp,
      transports,
      aaguid: info.aaguid,
      name: name ?? authenticatorName(info.aaguid, transports),
    };
    return { passkey, challenge: client.challenge };
  }

  /** The library's messages hold the challenge: they are dropped. */
  private async verify(credential: Attestation, userId: string): Promise<VerifiedRegistrationResponse> {
    const { id, origins } = this.config.relyingParty;
    const bound = { purpose: 'register', to: uuidBytes(userId) } as const;
    const expectedChallenge = await this.challenges.judge(bound, await this.challenges.now());
    const { clientDataJSON, attestationObject } = credential.response;
    try {
      return await verifyRegistrationResponse({
        response: { ...credential, response: { clientDataJSON, attestationObject }, clientExtensionResults: {} },
        expectedChallenge,
        expectedOrigin: [...origins],
        expectedRPID: id,
        requireUserVerification: false, // a key without it is a second factor
        supportedAlgorithmIDs: [...ALGORITHMS],
      });
    } catch {
      return { verified: false };
    }
  }
}
