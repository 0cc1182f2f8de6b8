// Tells the violation of a unique index from other errors.

/** PostgreSQL, Appendix A: unique_violation. */
const UNIQUE_VIOLATION = '23505';

/** True if a row with the same unique value exists, on the error itself or on one that caused it. */
export function isTaken(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++)
    if ((cause as { code?: unknown }).code === UNIQUE_VIOLATION) return true;
  return false;
}
