// Asks a provider something, within bounds, and puts a failed connection into a sentence.

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The beginning of it. */
  readonly text: string;
  /** Undefined unless the text is an object in JSON. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

const TIMEOUT_MS = 10_000;
const MAX_CHARACTERS = 1_000_000;

/** Follows no redirect. */
export async function asked(url: string, init: RequestInit = {}): Promise<Answer | Unreachable> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { redirect: 'manual', ...init, signal });
    const text = await beginningOf(response);
    return { status: response.status, headers: response.headers, text, json: objectOf(text) };
  } catch (error) {
    return { trouble: reasonOf(error) };
  }
}

/** Continues "… cannot be reached: ". */
export interface Unreachable {
  readonly trouble: string;
}

async function beginningOf({ body }: Response): Promise<string> {
  if (!body) return '';
  let text = '';
  for await (const part of body.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.length > MAX_CHARACTERS) break;
  }
  return text;
}

function objectOf(text: string): Answer['json'] {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The texts of a list; none if it is no list. */
export const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];

const sentences: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known here (DNS)',
  EAI_AGAIN: 'its name cannot be looked up now (DNS)',
  ECONNREFUSED: 'nothing listens there',
  UND_ERR_CONNECT_TIMEOUT: 'no answer to the connection: is a firewall between?',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};
const untrusted = new Set([
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
]);

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1_000} s`;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = isObject(cause) && typeof cause['code'] === 'string' ? cause['code'] : '';
  if (untrusted.has(code))
    return `its certificate is not trusted here (${code}): name the file of your certificate authority in NODE_EXTRA_CA_CERTS`;
  return sentences[code] ?? (code || 'the connection failed');
}
