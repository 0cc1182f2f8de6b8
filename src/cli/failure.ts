// The failure of a command: a code for programs and a sentence for people.
import { ConfigError } from '../config/config.js';
import { sentenceOf } from '../database/database.js';
import { isDatabaseUnavailable } from '../database/connections/unavailable.js';
import { Refusal } from '../errors.js';

/** Documented in docs/operations/command-line.md. */
export const exitCodes = { done: 0, failed: 1, usage: 2, unconfirmed: 3 } as const;

export class Failure extends Error {
  private constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'Failure';
  }

  /** The command line is wrong; no database was opened. */
  static usage(message: string): Failure {
    return new Failure('usage', message);
  }

  static of(code: string, message: string): Failure {
    return new Failure(code, message);
  }

  /** Turns any error into a failure that an operator can read. */
  static from(error: unknown): Failure {
    if (error instanceof Failure) return error;
    if (error instanceof ConfigError) return new Failure('settings', error.message);
    if (error instanceof Refusal) {
      const reasons = error.errors?.map(({ message }) => message).join(' ');
      return new Failure(error.code, reasons ?? error.message);
    }
    return new Failure(isDatabaseUnavailable(error) ? 'database_unavailable' : 'failed', sentenceOf(error));
  }

  get exitCode(): number {
    return this.code === 'usage' ? exitCodes.usage : exitCodes.failed;
  }
}
