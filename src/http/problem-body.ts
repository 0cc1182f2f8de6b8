// Writes the body of a refusal.
import {
  type ProblemDetails,
  problemTitle,
  problemType,
  type SessionVerdict,
} from '../../packages/contract/src/problems.js';
import type { Refusal } from '../errors.js';

/** @param session what the client is told of its session; nothing where the request has none */
export function problemOf(refusal: Refusal, requestId: string, session: SessionVerdict | undefined): ProblemDetails {
  return {
    type: problemType(refusal.code),
    title: problemTitle(refusal.code),
    status: refusal.status,
    detail: refusal.message,
    code: refusal.code,
    requestId,
    ...(session ? { session } : {}),
    ...(refusal.retryAfter === undefined ? {} : { retryAfter: refusal.retryAfter }),
    ...(refusal.maxAge === undefined ? {} : { max_age: refusal.maxAge }),
    ...(refusal.acrValues ? { acr_values: refusal.acrValues } : {}),
    ...(refusal.errors ? { errors: refusal.errors } : {}),
    ...refusal.members,
  };
}
