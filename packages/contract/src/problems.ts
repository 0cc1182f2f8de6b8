// Errors as every caller receives them: RFC 9457 problem details with a stable code and a verdict on the session.

/** Every code that the service or a sibling answers with. */
export const errorCodes = [
  'invalid_request',
  'ambiguous_token',
  'transport_mismatch',
  'token_invalid',
  'upstream_request_invalid',
  'dpop_proof_invalid',
  'dpop_proof_required',
  'unauthenticated',
  'token_expired',
  'token_stale',
  'token_revoked',
  'invalid_credentials',
  'second_factor_required',
  'factor_ticket_invalid',
  'foreign_session_invalid',
  'enrolment_required',
  'refresh_token_invalid',
  'refresh_token_reused',
  'session_state_lost',
  'dpop_nonce_required',
  'dpop_scheme_mismatch',
  'dpop_access_proof_invalid',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'insufficient_scope',
  'user_token_required',
  'forbidden',
  'csrf_rejected',
  'reauthentication_required',
  'enrolment_token_required',
  'email_unverified',
  'totp_closed',
  'registration_closed',
  'upstream_declined',
  'not_found',
  'email_taken',
  'too_many_factors',
  'last_admin',
  'last_factor',
  'link_required',
  'identity_taken',
  'precondition_failed',
  'body_too_large',
  'unsupported_media_type',
  'password_rejected',
  'passkey_rejected',
  'too_many_attempts',
  'internal_error',
  'upstream_invalid',
  'upstream_unavailable',
  'unavailable',
  'revocation_unconfirmed',
  'overloaded',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** `keep`: refresh, wait or fix the request. `ended`: the session is over; sign in. */
export type SessionVerdict = 'keep' | 'ended';

/** The body of an error, `application/problem+json` (RFC 9457 §3). */
export interface ProblemDetails {
  /** `urn:watchword:problem:` and the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** A sentence for people; it may change. */
  readonly detail: string;
  /** For programs; it never changes. */
  readonly code: ErrorCode;
  readonly requestId?: string;
  /** Absent where there is no session. */
  readonly session?: SessionVerdict;
  /** Seconds to wait, as in the header `Retry-After`. */
  readonly retryAfter?: number;
  /** `second_factor_required`: which factors the user has. */
  readonly methods?: readonly string[];
  /** `second_factor_required`: until when one of them may follow. */
  readonly expiresAt?: string;
  /** `second_factor_required` over the bearer transport: to be sent with the second factor. */
  readonly ticket?: string;
  /** How old the proof of identity may be, in seconds, as in the challenge of RFC 9470. */
  readonly max_age?: number;
  /** The claims `acr` that are strong enough, as there; absent if any is. */
  readonly acr_values?: readonly string[];
  /** Which fields were wrong, and why. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** The `type` of an error (RFC 9457 §3.1.1). */
export const problemType = (code: ErrorCode): string => `urn:watchword:problem:${code}`;

/** The `title` of an error (RFC 9457 §3.1.3). */
export const problemTitle = (code: ErrorCode): string => code.replaceAll('_', ' ');
