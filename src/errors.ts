// Every refusal: its status, its sentence, and whether the caller's session has ended.
import type { ErrorCode, ProblemDetails, SessionVerdict } from '../packages/contract/src/problems.js';

/** `ask`: `keep` if the request has a session. */
type Verdict = SessionVerdict | 'ask' | 'none';

const refusals = {
  invalid_request: [400, 'The request is not well formed.', 'ask'],
  ambiguous_token: [400, 'The request carries more than one token; send one.', 'keep'],
  transport_mismatch: [
    400,
    'A token of a cookie session must come in the cookie, and a token of a bearer session in the body.',
    'keep',
  ],
  token_invalid: [400, 'The link is not valid any more; ask for a new one.', 'ask'],
  upstream_request_invalid: [
    400,
    'The sign-in at the provider took too long, or began in another browser; begin again.',
    'ask',
  ],
  dpop_proof_invalid: [
    400,
    'The DPoP proof is missing, wrong, or of another key than the session is bound to; send a proof of that key.',
    'ask',
  ],
  dpop_proof_required: [400, 'A sign-in of this transport needs a DPoP proof.', 'none'],
  unauthenticated: [401, 'The request has no valid access token.', 'none'],
  token_expired: [401, 'The access token has expired; refresh it.', 'keep'],
  token_stale: [401, 'The access token is out of date; refresh it.', 'keep'],
  token_revoked: [401, 'The access token was revoked.', 'ended'],
  invalid_credentials: [401, 'The email address or the password is wrong.', 'none'],
  second_factor_required: [401, 'A second factor is due.', 'none'],
  factor_ticket_invalid: [401, 'The sign-in took too long, or was tried too often; begin again.', 'ask'],
  foreign_session_invalid: [401, 'This session of the other system is not known, or is over; sign in.', 'none'],
  enrolment_required: [401, 'A second factor must be set up to sign in.', 'none'],
  refresh_token_invalid: [401, 'The refresh token is not valid; sign in.', 'ended'],
  refresh_token_reused: [401, 'The refresh token was used before.', 'ended'],
  session_state_lost: [401, 'The server no longer has this session; sign in.', 'ended'],
  dpop_nonce_required: [401, 'The DPoP proof is not new; make one with the nonce of the header DPoP-Nonce.', 'ask'],
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
  invalid_client: [401, 'The client id or the secret is wrong.', 'none'],
  unauthorized_client: [400, 'This service may not get tokens: it was added without a resource.', 'none'],
  unsupported_grant_type: [400, 'The grant type is not client_credentials.', 'none'],
  invalid_scope: [400, 'The service does not have every scope that it asks for.', 'none'],
  invalid_target: [400, 'The resource is missing, or the service may not get tokens for it.', 'none'],
  insufficient_scope: [403, 'The service was added without the scope for this.', 'none'],
  user_token_required: [403, 'This route needs the access token of a user, not of a service.', 'none'],
  forbidden: [403, 'This route is for administrators only.', 'keep'],
  csrf_rejected: [403, 'The request comes from an origin that may not use this service.', 'ask'],
  reauthentication_required: [403, 'The sign-in is too long ago for this; prove who you are again.', 'keep'],
  enrolment_token_required: [
    403,
    'The second factors of this account were reset; send the token of the mail about it, too.',
    'ask',
  ],
  email_unverified: [
    403,
    'The email address is not verified yet; open the link in the mail, or ask for a new one.',
    'none',
  ],
  totp_closed: [403, 'There were too many wrong codes; use a recovery code or a passkey, or ask for help.', 'ask'],
  registration_closed: [403, 'Registration is closed.', 'none'],
  upstream_declined: [403, 'The provider did not sign you in.', 'ask'],
  not_found: [404, 'There is no such resource.', 'ask'],
  email_taken: [409, 'An account with this email address exists.', 'keep'],
  too_many_factors: [409, 'There are as many of these as an account may have; remove one first.', 'keep'],
  last_admin: [409, 'This is the last administrator; make somebody else one first.', 'keep'],
  last_factor: [409, 'This is the last second factor, and your role needs one; add another one first.', 'keep'],
  link_required: [
    409,
    'An account with this email address exists; sign in to it, then connect the provider there.',
    'none',
  ],
  identity_taken: [409, 'This identity is connected to another account.', 'keep'],
  precondition_failed: [412, 'The resource has changed since you read it; read it again.', 'keep'],
  body_too_large: [413, 'The body is larger than 64 KiB.', 'ask'],
  unsupported_media_type: [415, 'The body must be JSON in UTF-8, not compressed.', 'ask'],
  password_rejected: [422, 'The password cannot be used.', 'ask'],
  passkey_rejected: [422, 'The passkey cannot be used; begin again.', 'ask'],
  too_many_attempts: [429, 'There were too many attempts; wait.', 'keep'],
  internal_error: [500, 'Something went wrong on our side.', 'keep'],
  upstream_invalid: [502, 'The answer of the provider cannot be trusted; ask whoever runs this service.', 'ask'],
  upstream_unavailable: [503, 'The provider does not answer right now; try again.', 'keep'],
  unavailable: [503, 'The service cannot answer right now; try again.', 'keep'],
  revocation_unconfirmed: [
    503,
    'The change is saved. For up to a minute some instances may still accept old tokens. If you changed your password, sign in with the new one.',
    'ended',
  ],
  overloaded: [503, 'There are too many requests at once; try again.', 'keep'],
} as const satisfies Record<ErrorCode, readonly [number, string, Verdict]>;

export type RefusalCode = ErrorCode;

/** Every code, for the tests and the table in docs/errors.md. */
export const refusalCodes = Object.keys(refusals) as RefusalCode[];

export interface RefusalDetails {
  /** What happened, for the log only. */
  readonly cause?: unknown;
  /** Overrides the table's verdict on the session. */
  readonly session?: SessionVerdict;
  /** Overrides the table's sentence. It contains names only, never a value that the caller sent. */
  readonly detail?: string;
  /** Seconds to wait; also sent as the Retry-After header. */
  readonly retryAfter?: number;
  /** How old a proof of identity may be, in seconds; sent in the challenge of RFC 9470. */
  readonly maxAge?: number;
  /** Which proofs of identity are strong enough (the claim `acr`); sent in the same challenge. */
  readonly acrValues?: readonly string[];
  /** For the client's next proof; sent as the DPoP-Nonce header (RFC 9449 §8). */
  readonly dpopNonce?: string;
  /** Which fields were wrong, and why. */
  readonly errors?: readonly { path: string; message: string }[];
  /** Further members of the answer, which the log never holds. */
  readonly members?: Members;
}

type Members = Pick<ProblemDetails, 'methods' | 'expiresAt' | 'ticket'>;

/** The only error that domain code throws. */
export class Refusal extends Error {
  readonly status: number;
  readonly sessionVerdict: Verdict;
  readonly retryAfter: number | undefined;
  readonly maxAge: number | undefined;
  readonly acrValues: readonly string[] | undefined;
  readonly dpopNonce: string | undefined;
  readonly errors: readonly { path: string; message: string }[] | undefined;
  readonly members: Members;

  constructor(
    readonly code: RefusalCode,
    details: RefusalDetails = {},
  ) {
    const [status, sentence, verdict] = refusals[code];
    super(details.detail ?? sentence, { cause: details.cause });
    this.name = 'Refusal';
    this.status = status;
    this.sessionVerdict = details.session ?? verdict;
    this.retryAfter = details.retryAfter ?? (status === 503 ? 1 : undefined);
    this.maxAge = details.maxAge;
    this.acrValues = details.acrValues;
    this.dpopNonce = details.dpopNonce;
    this.errors = details.errors;
    this.members = details.members ?? {};
  }
}
