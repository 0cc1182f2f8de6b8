// Reads what a refused request means, by the members of the problem and never by guessing.
import type { ProblemDetails } from '../../contract/src/problems.js';

export type Problem = Partial<Omit<ProblemDetails, 'code'>> & { readonly status: number; readonly code?: string };

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
  /** Of `second_factor_required`: which factors of the person go on, any one of them. */
  declare readonly methods: readonly ('totp' | 'recovery_code' | 'passkey')[] | undefined;
  /** Until when, in the service's time. */
  declare readonly expiresAt: string | undefined;
  /** For `continue`; over the bearer transport only. */
  declare readonly ticket: string | undefined;
  /** Names the request in the service's log. */
  declare readonly requestId: string | undefined;

  constructor(problem: Problem) {
    super(problem.detail ?? (problem.status as never)); // becomes a text
    Object.assign(this, problem);
  }
}

/** Whoever waited for a refresh has waited long enough. Nothing is decided: the session goes on. */
export class Undecided extends Error {
  override readonly name = 'TimeoutError';
}

/** @returns whether a refresh and one more try may help */
export const asksForRefresh = ({ status, code, session }: Problem, isBearer: boolean): boolean | undefined =>
  status === 401 &&
  session !== 'ended' &&
  // Expired, out of date, or revoked alone while its session goes on.
  (code?.startsWith('token_') ||
    // Browsers drop the access cookie when it expires. Without its own session cookie only the issuer knows more.
    (code === 'unauthenticated' && !isBearer));

/** @returns whether the same refresh may be decided later: nobody answered, or somebody who could not decide */
export const isPassing = ({ status }: Problem): boolean => status >= 500 || status === 429 || status === 408;

/** A longer Retry-After is not believed. */
const MAX_RETRY_AFTER_MS = 300_000;

/** @returns milliseconds; 0 where nothing is said */
export const retryAfterOf = ({ headers }: Response, { retryAfter }: Problem): number =>
  Math.min(+(retryAfter ?? headers.get('retry-after')!) * 1000 || 0, MAX_RETRY_AFTER_MS);
