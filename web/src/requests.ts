// Sends a request to the service, and turns a refusal into an error with its code.
import { Refused } from '../../packages/client/src/main.js';
import { auth } from './auth.js';
import { language } from './language.js';

const TIMEOUT_MS = 15_000;

export const isRefused = (error: unknown): error is Refused => error instanceof Refused;

/** A proxy that answers by itself gives no code. */
export const codeOf = ({ code, status }: Refused): string =>
  code ?? (status >= 500 ? 'unavailable' : `status ${status}`);

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
export async function own(
  method: string,
  path: string,
  body?: object,
  headers?: Readonly<Record<string, string>>,
): Promise<Response> {
  const init = json(method, body);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await auth.fetch(path, { ...init, headers: { ...init.headers, ...headers }, signal });
  if (!answer.ok) throw await refusalOf(answer);
  return answer;
}

async function refusalOf(answer: Response): Promise<Refused> {
  const problem = (await answer.json().catch(() => null)) as Partial<ConstructorParameters<typeof Refused>[0]> | null;
  return new Refused({ ...problem, status: answer.status });
}

const json = (method: string, body?: object) => ({
  method,
  headers: { 'accept-language': language(), ...(body ? { 'content-type': 'application/json' } : {}) },
  ...(body ? { body: JSON.stringify(body) } : {}),
});
