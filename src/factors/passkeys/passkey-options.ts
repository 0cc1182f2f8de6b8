// What a browser needs to use a passkey, or to make one. The challenge in it is remembered nowhere.
import { Injectable } from '@nestjs/common';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { Config } from '../../config/config.js';
import { uuidBytes } from '../../tokens/checked-text.js';
import { CHALLENGE_SECONDS } from './challenge.js';
import { Challenges } from './challenges.js';
import { transportsOf } from './credentials.js';
import { type Passkey, Passkeys } from './passkeys.js';

/** COSE: EdDSA, ES256, RS256. What else a runtime or the library would take is not asked for, and refused. */
export const ALGORITHMS: readonly number[] = [-8, -7, -257];

const timeout = CHALLENGE_SECONDS * 1_000;

interface Owner {
  readonly id: string;
  readonly email: string;
}

@Injectable()
export class PasskeyOptions {
  constructor(
    private readonly challenges: Challenges,
    private readonly passkeys: Passkeys,
    private readonly config: Config,
  ) {}

  /** Names no passkey: whoever asks is not known yet, and the browser shows those that it has. */
  async toSignIn(nonce: Buffer): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const challenge = await this.challenges.make({ purpose: 'sign_in', to: nonce });
    return this.request(challenge, { userVerification: 'required' });
  }

  /** @returns undefined for a user who has no passkey */
  async toProve(
    userId: string,
    purpose: 'factor' | 'reauthenticate',
  ): Promise<PublicKeyCredentialRequestOptionsJSON | undefined> {
    const owned = await this.passkeys.listOf(userId);
    if (owned.length === 0) return undefined;
    const challenge = await this.challenges.make({ purpose, to: uuidBytes(userId) });
    const userVerification = purpose === 'factor' ? 'preferred' : 'required';
    return this.request(challenge, { userVerification, allowCredentials: owned.map(described) });
  }

  /** @param owned passkeys of the user: their authenticators make no second one */
  async toRegister({ id, email }: Owner, owned: readonly Passkey[]): Promise<PublicKeyCredentialCreationOptionsJSON> {
    return generateRegistrationOptions({
      challenge: plain(await this.challenges.make({ purpose: 'register', to: uuidBytes(id) })),
      rpID: this.config.relyingParty.id,
      rpName: this.config.BRAND_NAME,
      userID: plain(uuidBytes(id)),
      userName: email,
      userDisplayName: email,
      timeout,
      attestationType: 'none',
      excludeCredentials: owned.map(described),
      // Discoverable where it can be, so that it signs in alone. A key that cannot ask for a PIN is a second factor.
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      supportedAlgorithmIDs: [...ALGORITHMS],
    });
  }

  private request(
    challenge: Buffer,
    wanted: Pick<PublicKeyCredentialRequestOptionsJSON, 'userVerification'> & { allowCredentials?: Described[] },
  ): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const { id: rpID } = this.config.relyingParty;
    return generateAuthenticationOptions({ ...wanted, challenge: plain(challenge), rpID, timeout });
  }
}

type Described = ReturnType<typeof described>;

const described = ({ credentialId, transports }: Passkey) => ({
  id: credentialId.toString('base64url'),
  transports: transportsOf(transports),
});

/** The library takes no Buffer. */
const plain = (bytes: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
