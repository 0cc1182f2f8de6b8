// Proves an identity by a passkey alone: possession, and the PIN or the body of whoever holds it.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Database } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { Refusal } from '../../errors.js';
import type { Assertion } from '../../factors/passkeys/credentials.js';
import { type Claim, PasskeyCheck, type PasskeyFault } from '../../factors/passkeys/passkey-check.js';
import { Passkeys } from '../../factors/passkeys/passkeys.js';
import type { Caller } from '../../http/caller.js';
import { VolumeLimit } from '../../limits/volume-limit.js';
import type { Proof } from '../../sign-in/session-opening.js';
import { uuidText } from '../../tokens/checked-text.js';
import { Users } from '../../users/users.js';

@Injectable()
export class PasskeyProof {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly passkeys: Passkeys,
    private readonly passkeyCheck: PasskeyCheck,
    private readonly volume: VolumeLimit,
    private readonly audit: Audit,
  ) {}

  /**
   * Uses the answer up.
   * @param nonce of the browser that answers; undefined where it has none
   * @returns repeats the proof, without the answer: it counts as long as the passkey is there
   * @throws Refusal `invalid_credentials`, `email_unverified`, `too_many_attempts`
   */
  async by(credential: Assertion, nonce: Buffer | undefined, caller: Caller): Promise<() => Promise<Proof>> {
    const claim = claimOf(credential, nonce);
    const held = await this.volume.hold('failure', caller.ip);
    try {
      const fault = claim ? await this.use(credential, claim, caller) : 'unknown_passkey';
      if (claim && fault === undefined) return () => this.prove(claim.userId, credential, caller);
      await held.count();
      const userId = claim && fault !== 'unknown_passkey' ? claim.userId : null;
      throw await this.refusal(userId, fault ?? 'unknown_passkey', caller);
    } finally {
      held.release();
    }
  }

  private async use(credential: Assertion, claim: Claim, caller: Caller): Promise<PasskeyFault | undefined> {
    const asserted = await this.passkeyCheck.check(credential, claim, caller);
    if (typeof asserted === 'string') return asserted;
    const counts = await inTransaction(this.database, (tx) => asserted.settle(tx));
    return counts ? undefined : 'wrong_passkey';
  }

  private async prove(userId: string, { id }: Assertion, caller: Caller): Promise<Proof> {
    const user = await this.users.findById(userId);
    const isThere = user && (await this.passkeys.has(userId, Buffer.from(id, 'base64url')));
    if (!isThere) throw await this.refusal(user ? userId : null, 'unknown_passkey', caller);
    if (user.disabledAt) throw await this.refusal(userId, 'disabled', caller);
    if (user.pendingUntil) throw await this.refusal(userId, 'email_unverified', caller);
    return { user, methods: ['pop', 'user', 'mfa'] };
  }

  private async refusal(userId: string | null, reason: PasskeyFault | UserFault, caller: Caller): Promise<Refusal> {
    await this.audit.recordAlone({ type: 'login.failed', userId, reason }, caller);
    if (reason === 'email_unverified') return new Refusal('email_unverified');
    return new Refusal('invalid_credentials', { detail: 'This passkey does not sign in here.' });
  }
}

type UserFault = 'disabled' | 'email_unverified';

/** @returns undefined for an answer that names no user, or that comes from a browser that asked for no challenge */
function claimOf({ response: { userHandle } }: Assertion, nonce: Buffer | undefined): Claim | undefined {
  const bytes = Buffer.from(userHandle ?? '', 'base64url');
  if (bytes.length !== 16 || !nonce) return undefined;
  return { userId: uuidText(bytes), bound: { purpose: 'sign_in', to: nonce }, needsVerification: true };
}
