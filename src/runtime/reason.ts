// Turns an error into text for a line of the log.
import { DrizzleQueryError } from 'drizzle-orm';

/**
 * drizzle puts the statement and its values into its message, a sealed key or a password hash among
 * them; what the database said is the cause.
 */
export function withoutStatement(error: unknown): unknown {
  if (!(error instanceof DrizzleQueryError)) return error;
  return error.cause ?? new Error('A statement failed.');
}

/**
 * The message of an error, without the statement. Every log line with an error's message takes it
 * from here.
 */
export function reasonOf(thrown: unknown): string {
  const error = withoutStatement(thrown);
  return error instanceof Error ? error.message : String(error);
}
