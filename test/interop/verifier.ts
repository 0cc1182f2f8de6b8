// A verifier that others wrote, and what it needs to know of the issuer.
export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
}

/** @returns why it refuses the token; undefined when it accepts it. It may throw instead. */
export type Verify = (token: string) => Promise<string | undefined>;

export interface ForeignVerifier {
  readonly name: string;
  readonly version: string;
  /** Which people meet it. */
  readonly language: string;
  /** The file with its settings, from the top of the project. The lines that say `at+jwt` or `strict` check `typ`. */
  readonly file: string;
  start(issuer: Issuer): Verify | Promise<Verify>;
}

/** The outcome of a promise that rejects when the token is refused. */
export const refusalOf = (verification: Promise<unknown>): Promise<string | undefined> =>
  verification.then(() => undefined, String);
