// Reads what a refused request means, by the members of the problem and never by guessing.
import type { ProblemDetails } from '../../contract/src/problems.js';

export type Problem = Partial<Omit<ProblemDetails, 'code'>> & { readonly code?: string };

/** The service refused. `code` is stable: decide by it. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  /** Such as `invalid_credentials`; undefined where something else than the service answered. */
  readonly code: string | undefined;
  /** Seconds to wait. */
  readonly retryAfter: number | undefined;
  /** A sentence for people; it may change. */
  readonly detail: string | undefined;
  /** Which fields were wrong, and why. */
  readonly errors: ProblemDetails['errors'];

  constructor(status: number, { code, retryAfter, detail, errors }: Problem) {
    super(detail ?? code ?? `status ${status}`);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
    this.detail = detail;
    this.errors = errors;
  }
}

/** Whoever waited for a refresh has waited long enough. Nothing is decided: the session goes on. */
export class Undecided extends Error {
  override readonly name = 'TimeoutError';

  constructor() {
    super('The session could not be refreshed yet. Try again.');
  }
}

/** @returns nothing where the answer is no problem of ours (RFC 9457) */
export async function problemOf(response: Response): Promise<Problem> {
  if (response.status < 400 || !response.headers.get('content-type')?.includes('problem+json')) return {};
  try {
    return ((await response.clone().json()) as Problem | null) ?? {};
  } catch {
    return {};
  }
}

/** @returns whether a refresh and one more try may help */
export function asksForRefresh({ status }: Response, { code, session }: Problem, transport: string): boolean {
  if (status !== 401 || session === 'ended') return false;
  return (
    code === 'token_expired' ||
    code === 'token_stale' ||
    // One access token was revoked, and its session goes on.
    (code === 'token_revoked' && session === 'keep') ||
    // Browsers drop the access cookie when it expires. Without its own session cookie only the issuer knows more.
    (code === 'unauthenticated' && transport === 'cookie')
  );
}

/** @returns whether the same refresh may be decided later: nobody answered, or somebody who could not decide */
export const isPassing = ({ status }: Response): boolean => status >= 500 || status === 429 || status === 408;

/** @returns seconds; 0 where nothing is said */
export function retryAfterOf(response: Response, problem: Problem): number {
  const seconds = Number(problem.retryAfter ?? response.headers.get('retry-after'));
  return seconds > 0 ? seconds : 0;
}
