// Why a request was refused: a stable code, a status, and whether the caller's session has ended.
import {
  type ErrorCode,
  type ProblemDetails,
  problemTitle,
  problemType,
  type SessionVerdict,
} from '../../contract/src/problems.js';

/** The codes that a sibling answers with. They mean the same as in an answer of the issuer. */
export type VerificationErrorCode = Extract<
  ErrorCode,
  | 'ambiguous_token'
  | 'unauthenticated'
  | 'token_expired'
  | 'token_stale'
  | 'token_revoked'
  | 'dpop_scheme_mismatch'
  | 'dpop_access_proof_invalid'
  | 'csrf_rejected'
  | 'forbidden'
  | 'reauthentication_required'
  | 'unavailable'
>;

const refusals: Readonly<Record<VerificationErrorCode, readonly [number, string, SessionVerdict | undefined]>> = {
  ambiguous_token: [400, 'The request carries more than one token; send one.', 'keep'],
  unauthenticated: [401, 'The request has no valid access token.', undefined],
  token_expired: [401, 'The access token has expired; refresh it.', 'keep'],
  token_stale: [401, 'The access token is out of date; refresh it.', 'keep'],
  token_revoked: [401, 'The access token was revoked.', 'ended'],
  dpop_scheme_mismatch: [
    401,
    'An access token that is bound to a key must come under the scheme DPoP, and no other may.',
    'keep',
  ],
  dpop_access_proof_invalid: [
    401,
    'The DPoP proof is missing, wrong, or not for this access token; send a proof of its key for this request.',
    'keep',
  ],
  csrf_rejected: [403, 'The request comes from an origin that may not use this service.', 'keep'],
  forbidden: [403, 'The caller may not do this.', 'keep'],
  reauthentication_required: [403, 'The sign-in is too long ago for this; prove who you are again.', 'keep'],
  unavailable: [503, 'The service cannot tell whether the token is good; try again.', 'keep'],
};

/** What an error says beyond its code. */
export interface VerificationErrorDetails {
  /** What happened, for the log only. It never reaches the caller. */
  readonly cause?: unknown;
  /** Overrides the verdict that belongs to the code. */
  readonly session?: SessionVerdict;
  /** How old a proof of identity may be, in seconds (RFC 9470 §3). */
  readonly maxAge?: number;
  /** Which classes of a proof are good enough (RFC 9470 §3). */
  readonly acrValues?: readonly string[];
}

const BRAND = Symbol.for('watchword.VerificationError');

/** The only error that this package throws about a request. Configuration mistakes are `TypeError` and `RangeError`. */
export class VerificationError extends Error {
  /** 400, 401, 403 or 503. */
  readonly status: number;
  /** `keep`: refresh or wait. `ended`: sign in. Undefined where there is no session. */
  readonly session: SessionVerdict | undefined;
  /** Seconds until a new attempt makes sense; only with 503. */
  readonly retryAfter: number | undefined;
  readonly maxAge: number | undefined;
  readonly acrValues: readonly string[] | undefined;

  constructor(
    /** Stable: for programs. */
    readonly code: VerificationErrorCode,
    details: VerificationErrorDetails = {},
  ) {
    const [status, sentence, session] = refusals[code];
    super(sentence, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'VerificationError';
    this.status = status;
    this.session = details.session ?? session;
    this.retryAfter = status === 503 ? 1 : undefined;
    this.maxAge = details.maxAge;
    this.acrValues = details.acrValues;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** @returns the body of the answer (RFC 9457) */
  toProblem(requestId?: string): ProblemDetails {
    return {
      type: problemType(this.code),
      title: problemTitle(this.code),
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(requestId === undefined ? {} : { requestId }),
      ...(this.session ? { session: this.session } : {}),
      ...(this.retryAfter === undefined ? {} : { retryAfter: this.retryAfter }),
    };
  }
}

/**
 * Tells our errors from others. Unlike `instanceof` it also works when one program loads this package twice, as ESM
 * and as CommonJS.
 */
export function isVerificationError(error: unknown): error is VerificationError {
  return error instanceof Error && BRAND in error;
}
