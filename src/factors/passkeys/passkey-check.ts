// Verifies what a passkey signed: the first factor, the second one, and a new proof of a session's user.
import { Injectable } from '@nestjs/common';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { Audit } from '../../audit/audit.js';
import { Config } from '../../config/config.js';
import { Database, type Transaction } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import type { Caller } from '../../http/caller.js';
import { uuidBytes } from '../../tokens/checked-text.js';
import type { Bound } from './challenge.js';
import { Challenges, hashOfChallenge } from './challenges.js';
import { clientDataOf } from './client-data.js';
import type { Assertion } from './credentials.js';
import { Passkeys, type Presented } from './passkeys.js';

export interface Claim {
  /** Whose passkey it must be. */
  readonly userId: string;
  readonly bound: Bound;
  /** By PIN or by body: without it a passkey proves possession only. */
  readonly needsVerification: boolean;
}

/** Why a passkey does not count, for the audit. */
export type PasskeyFault = 'unknown_passkey' | 'wrong_passkey' | 'counter_back';

export interface Asserted {
  /** Spends the challenge and moves the counter. @returns false if another request did so before: it counts once */
  settle(tx: Transaction): Promise<boolean>;
}

interface Signed {
  readonly signCount: number;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

@Injectable()
export class PasskeyCheck {
  constructor(
    private readonly database: Database,
    private readonly passkeys: Passkeys,
    private readonly challenges: Challenges,
    private readonly config: Config,
    private readonly audit: Audit,
  ) {}

  async check(credential: Assertion, claim: Claim, caller: Caller): Promise<Asserted | PasskeyFault> {
    const client = clientDataOf(credential.response.clientDataJSON);
    if (!client) return 'unknown_passkey';
    const { userId } = claim;
    const credentialId = Buffer.from(credential.id, 'base64url');
    const found = await this.passkeys.present(userId, credentialId, hashOfChallenge(client.challenge));
    if (!found.publicKey) return 'unknown_passkey';
    if (client.isFramed || !isOf(userId, credential.response.userHandle)) return 'wrong_passkey';
    const signed = await this.verified(credential, claim, found, found.publicKey);
    if (!signed || found.isSpent) return 'wrong_passkey';
    if (goesBack(found.signCount, signed.signCount)) {
      await inTransaction(this.database, (tx) => this.alert(tx, userId, caller));
      return 'counter_back';
    }
    return {
      settle: async (tx) => {
        if (!(await this.challenges.spend(tx, userId, client.challenge))) return false;
        return this.passkeys.use(tx, userId, credentialId, signed);
      },
    };
  }

  /** @returns undefined for whatever is wrong. The library's messages hold the challenge: they are dropped. */
  private async verified(
    credential: Assertion,
    { bound, needsVerification }: Claim,
    { now, backupEligible }: Presented,
    publicKey: Buffer,
  ): Promise<Signed | undefined> {
    const { id, origins } = this.config.relyingParty;
    const { clientDataJSON, authenticatorData, signature } = credential.response;
    const isGood = await this.challenges.judge(bound, now);
    try {
      const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
        response: {
          ...credential,
          response: { clientDataJSON, authenticatorData, signature },
          clientExtensionResults: {},
        },
        expectedChallenge: isGood,
        expectedOrigin: [...origins],
        expectedRPID: id,
        requireUserVerification: needsVerification,
        // The counter is judged by the statement that moves it: two answers at once cannot both pass there.
        credential: { id: credential.id, publicKey: new Uint8Array(publicKey), counter: 0 },
      });
      const canSync = info.credentialDeviceType === 'multiDevice';
      if (!verified || (backupEligible && !canSync)) return undefined;
      return { signCount: info.newCounter, backupEligible: canSync, backedUp: info.credentialBackedUp };
    } catch {
      return undefined;
    }
  }

  /** Somebody may have copied the passkey. It stays: whoever is paged decides. */
  private alert(tx: Transaction, userId: string, caller: Caller): Promise<void> {
    return this.audit.recordAlert(tx, { type: 'passkey.counter_back', userId }, caller);
  }
}

const goesBack = (stored: number, counted: number): boolean => (stored > 0 || counted > 0) && counted <= stored;

/** The authenticator says whose it is, unless the browser leaves that out where the account is known. */
const isOf = (userId: string, handle: string | null | undefined): boolean =>
  !handle || uuidBytes(userId).equals(Buffer.from(handle, 'base64url'));
