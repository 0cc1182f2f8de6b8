// Sends a request to the service, and turns a refusal into an error with its code.
import { auth } from './auth.js';
import { language } from './language.js';

const TIMEOUT_MS = 15_000;

/** The service's answer that it will not do this (RFC 9457). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    /** Seconds to wait. */
    readonly retryAfter?: number,
    readonly errors: readonly { readonly path: string; readonly message: string }[] = [],
  ) {
    super(code);
  }
}

/** Also of the client's own refusals, which have the same members. */
export const isRefused = (error: unknown): error is Refused =>
  error instanceof Error && 'code' in error && 'status' in error && typeof error.status === 'number';

interface Problem {
  readonly code?: string;
  readonly retryAfter?: number;
  readonly errors?: Refused['errors'];
}

/**
 * For a person who is not signed in.
 * @param cookies whether the answer may set cookies; without it none are sent either
 * @throws Refused; TypeError or a time-out if no answer came
 */
export async function open(path: string, body: object, { cookies = false } = {}): Promise<Response> {
  const answer = await fetch(path, {
    ...json('POST', body),
    credentials: cookies ? 'same-origin' : 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw await refusalOf(answer);
  return answer;
}

/**
 * For a person who is signed in.
 * @throws Refused; TypeError or a time-out if no answer came
 */
export async function own(method: string, path: string, body?: object): Promise<Response> {
  const answer = await auth.fetch(path, { ...json(method, body), signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) throw await refusalOf(answer);
  return answer;
}

/** A proxy that answers by itself gives no code. */
async function refusalOf(answer: Response): Promise<Refused> {
  const { code, retryAfter, errors } = (await answer.json().catch((): Problem => ({}))) as Problem;
  const otherwise = answer.status >= 500 ? 'unavailable' : `http_${answer.status}`;
  return new Refused(answer.status, code ?? otherwise, retryAfter, errors);
}

const json = (method: string, body?: object): RequestInit => ({
  method,
  headers: { 'accept-language': language(), ...(body ? { 'content-type': 'application/json' } : {}) },
  ...(body ? { body: JSON.stringify(body) } : {}),
});
