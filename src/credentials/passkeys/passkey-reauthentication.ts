// Proves once more who a signed-in user is, by a passkey alone: with PIN or body it is both factors at once.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import type { Transaction } from '../../database/database.js';
import type { Transport } from '../../database/schema/vocabularies.js';
import { Refusal } from '../../errors.js';
import type { Assertion } from '../../factors/passkeys/credentials.js';
import { PasskeyCheck, type PasskeyFault } from '../../factors/passkeys/passkey-check.js';
import type { Caller } from '../../http/caller.js';
import type { Principal } from '../../http/principal.js';
import type { IssuedAccess } from '../../sessions/issued-tokens.js';
import { Reauthentication } from '../../sessions/reauthentication.js';
import { uuidBytes } from '../../tokens/checked-text.js';
import { Users } from '../../users/users.js';

@Injectable()
export class PasskeyReauthentication {
  constructor(
    private readonly users: Users,
    private readonly passkeyCheck: PasskeyCheck,
    private readonly reauthentication: Reauthentication,
    private readonly audit: Audit,
  ) {}

  /**
   * @returns undefined if the session has ended, or the user changed meanwhile
   * @throws Refusal `invalid_credentials`
   */
  async of(
    { userId, sessionId }: Principal,
    credential: Assertion,
    transport: Transport,
    caller: Caller,
  ): Promise<IssuedAccess | undefined> {
    const user = await this.users.findById(userId);
    if (!user) return undefined;
    const bound = { purpose: 'reauthenticate', to: uuidBytes(userId) } as const;
    const asserted = await this.passkeyCheck.check(credential, { userId, bound, needsVerification: true }, caller);
    if (typeof asserted === 'string') return this.refuse(userId, asserted, caller);
    let counts = true;
    const first = async (tx: Transaction) => (counts = await asserted.settle(tx));
    const proof = { user, sessionId, transport, methods: ['pop', 'user', 'mfa'], first };
    const issued = await this.reauthentication.of(proof, caller);
    return counts ? issued : this.refuse(userId, 'wrong_passkey', caller);
  }

  private async refuse(userId: string, reason: PasskeyFault, caller: Caller): Promise<never> {
    await this.audit.recordAlone({ type: 'reauthentication.failed', userId, reason }, caller);
    throw new Refusal('invalid_credentials', { session: 'keep', detail: 'This passkey is not one of the account.' });
  }
}
