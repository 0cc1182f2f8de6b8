// Reads what a refused request means, by the members of the problem and never by guessing.
import type { ProblemDetails } from '../../contract/src/problems.js';

export type Problem = Partial<Omit<ProblemDetails, 'code'>> & { readonly code?: string };

/** The service refused. `code` is stable: decide by it. */
export class Refused extends Error {
  override readonly name = 'Refused';
  /** Of HTTP. */
  declare readonly status: number;
  /** Such as `invalid_credentials`; undefined where something else than the service answered. */
  declare readonly code: string | undefined;
  /** Seconds to wait. */
  declare readonly retryAfter: number | undefined;
  /** A sentence for people; it may change. */
  declare readonly detail: string | undefined;
  /** Which fields were wrong, and why. */
  declare readonly errors: ProblemDetails['errors'];
  /** Names the request in the service's log. */
  declare readonly requestId: string | undefined;

  constructor(status: number, problem: Problem) {
    super(problem.detail ?? `${status}`);
    Object.assign(this, problem, { status });
  }
}

/** Whoever waited for a refresh has waited long enough. Nothing is decided: the session goes on. */
export class Undecided extends Error {
  override readonly name = 'TimeoutError';
}

/** @returns whether a refresh and one more try may help */
export const asksForRefresh = ({ status }: Response, { code = '', session }: Problem, isBearer: boolean): boolean =>
  status === 401 &&
  session !== 'ended' &&
  // Expired, out of date, or revoked alone while its session goes on.
  (code.startsWith('token_') ||
    // Browsers drop the access cookie when it expires. Without its own session cookie only the issuer knows more.
    (code === 'unauthenticated' && !isBearer));

/** @returns whether the same refresh may be decided later: nobody answered, or somebody who could not decide */
export const isPassing = ({ status }: Response): boolean => status >= 500 || status === 429 || status === 408;

/** A longer Retry-After is not believed. */
const MAX_RETRY_AFTER_MS = 300_000;

/** @returns milliseconds; 0 where nothing is said */
export const retryAfterOf = ({ headers }: Response, { retryAfter }: Problem): number =>
  Math.min(Number(retryAfter ?? headers.get('retry-after')) * 1000 || 0, MAX_RETRY_AFTER_MS);
