// What every family of password hashes offers, in the one spelling in which it is stored.

/** Why a hash is not accepted. */
export type HashFault = 'hash_malformed' | 'hash_too_costly';

/** Always does the whole work, for right and wrong passwords alike, and off the main thread. */
export type Verify = (password: string) => Promise<boolean>;

export interface Form {
  /**
   * A stored hash begins with its parameters, which decide what it costs. This expression means the same to JavaScript and
   * to PostgreSQL, and has no groups that capture.
   */
  readonly parameters: string;

  /**
   * Strict: there is one text per hash, so that no changed text is accepted. Never throws.
   * @param isForeign at an import, whose bounds are narrower than those of our own settings
   */
  read(stored: string, isForeign?: boolean): Verify | HashFault;

  /** @returns a hash of these parameters that matches no password */
  decoy(parameters: string): string;
}
