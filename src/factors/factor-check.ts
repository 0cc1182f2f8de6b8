// What a check of a second factor gives: the proof, and how the factor is used up when the sign-in succeeds.
import type { Transaction } from '../database/database.js';
import type { FactorKind } from '../users/held-factors.js';

export interface Passed {
  readonly kind: FactorKind;
  /** How (RFC 8176), with `mfa`. */
  readonly methods: readonly string[];
  /**
   * Uses the factor up, in the transaction that uses up the ticket and starts the session.
   * @returns false, and nothing written, if it was used before
   */
  readonly settle: (tx: Transaction) => Promise<boolean>;
  /** Once that is committed. @param attempts how many the ticket took, this one included */
  readonly settled?: (attempts: number) => Promise<void>;
}
