// Turns what went wrong at a provider into a refusal, with a reason for the log. A reason holds no value of the answer: no
// token, no claim, no address.
import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { Refusal, type RefusalCode } from '../../errors.js';

/** RFC 6749 §4.1.2.1: the provider cannot answer right now. */
const passing = new Set(['temporarily_unavailable', 'server_error']);
/** fetch, whose errors have no code: no connection, and one that ended within an answer. */
const broken = new Set(['fetch failed', 'terminated']);
/** undici and the signals of time-outs. */
const unreachable = new Set(['TimeoutError', 'AbortError', 'OAUTH_TIMEOUT', 'OAUTH_ABORT']);

export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const chain = causesOf(error);
  return new Refusal(codeOf(chain), { cause: new Error(reasonOf(chain)) });
}

/** Says what a provider did wrong. */
export const lie = (reason: string) => new Refusal('upstream_invalid', { cause: new Error(reason) });

function codeOf(chain: readonly unknown[]): RefusalCode {
  const [error] = chain;
  if (error instanceof AuthorizationResponseError)
    return passing.has(error.error) ? 'upstream_unavailable' : 'upstream_declined';
  // The code is old, or of another browser: its verifier is not ours (RFC 7636 §4.6).
  if (error instanceof ResponseBodyError && error.error === 'invalid_grant') return 'upstream_request_invalid';
  const status = statusIn(chain);
  if (status !== undefined && (status >= 500 || status === 429)) return 'upstream_unavailable';
  const isUnreachable = chain.some(
    (each) =>
      (each instanceof TypeError && broken.has(each.message)) ||
      (each instanceof Error && (unreachable.has(each.name) || unreachable.has(String(codeIn(each))))),
  );
  return isUnreachable ? 'upstream_unavailable' : 'upstream_invalid';
}

function reasonOf(chain: readonly unknown[]): string {
  const algorithm = algorithmIn(chain);
  if (algorithm?.startsWith('HS'))
    return `the ID token is signed with ${algorithm}: choose a Signing Key for the provider in Authentik, so that it is signed with RS256 or ES256`;
  if (algorithm !== undefined) return `the ID token is signed with ${algorithm}, and not with RS256 or ES256`;
  const messages = chain.flatMap((each) => {
    if (each instanceof SyntaxError) return ['it is no JSON']; // its message quotes the text
    if (each instanceof AuthorizationResponseError || each instanceof ResponseBodyError)
      return [each.message, wordsOf(each.error), wordsOf(each.error_description)];
    return each instanceof Error ? [each.message] : [];
  });
  const status = statusIn(chain);
  const reason = [...messages, ...(status === undefined ? [] : [`status ${status}`])].filter(Boolean).join(': ');
  return reason.includes('JWE decryption')
    ? 'the ID token is encrypted: leave the Encryption Key of the provider in Authentik empty'
    : reason;
}

function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let each = error; each !== undefined && each !== null && chain.length < 6;) {
    chain.push(each);
    each = each instanceof Error ? each.cause : undefined;
  }
  return chain;
}

const statusIn = (chain: readonly unknown[]): number | undefined =>
  chain.flatMap((each) => {
    const status = each instanceof Response || each instanceof ResponseBodyError ? each.status : undefined;
    return status === undefined ? [] : [status];
  })[0];

const codeIn = (error: Error): unknown => ('code' in error ? error.code : undefined);

/** Of a JWS whose algorithm the library refuses. */
function algorithmIn(chain: readonly unknown[]): string | undefined {
  for (const each of chain) {
    const header = typeof each === 'object' && each !== null && 'header' in each ? each.header : undefined;
    const isUnexpected = typeof each === 'object' && each !== null && 'expected' in each;
    if (isUnexpected && typeof header === 'object' && header !== null && 'alg' in header)
      return wordsOf(String(header.alg)) || 'nothing';
  }
  return undefined;
}

/** What the provider says: short, and without what could forge a line of the log. */
const wordsOf = (text: string | undefined): string => (text ?? '').replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200);
