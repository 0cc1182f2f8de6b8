// The entry of the package: the verifier and the pieces that a guard is composed of.
export type { AccessTokenClaims, ServiceTokenClaims, UserTokenClaims } from '../../contract/src/claims.js';
export type { ErrorCode, ProblemDetails, SessionVerdict } from '../../contract/src/problems.js';
export { authorise, type Demands } from './authorise.js';
export {
  isVerificationError,
  VerificationError,
  type VerificationErrorCode,
  type VerificationErrorDetails,
} from './errors.js';
export { type CookieOptions, type IncomingRequest, presentedTokens } from './presented-token.js';
export { answerTo, checkRequest, claimsOf, type Protection, type RefusedAnswer } from './protection.js';
export type { StalePolicy, VerifierOptions } from './settings.js';
export { createVerifier, type FeedHealth, type Verifier, type VerifyOptions } from './verifier.js';
