// Searches the log, the error answers, the metrics and the database for secrets that the tests used.
// It records every call of the test client, and searches every service when it stops.
import { Secret } from 'otpauth';
import type { Answer, Call } from './client.js';

/** The secrets by their first characters, each with a printable name. */
const secrets = new Map<string, Map<string, string>>();
const refusals = new Map<string, string[]>();
const PREFIX = 10;

const secretFields = [
  'client_secret',
  'logout_token',
  'access_token',
  'password',
  'currentPassword',
  'newPassword',
  'refreshToken',
  'accessToken',
  'token',
  'ticket',
  'recoveryCode',
  'challenge',
  'codeVerifier',
  'logout_token',
];
/** Six digits are anywhere: searched for where a field holds them. */
const shortFields = ['totp', 'code'];

/** Files share a process. What one of them used may stand in another's log by chance: a name, a fixed password. */
export function forgetSecrets(): void {
  secrets.clear();
  refusals.clear();
}

export function noteSecret(text: unknown, name: string): void {
  if (typeof text !== 'string' || text.length < PREFIX + 2) return;
  const alike = secrets.get(text.slice(0, PREFIX)) ?? new Map<string, string>();
  secrets.set(text.slice(0, PREFIX), alike.set(text, name));
}

/** Refresh tokens by part and encoding, access tokens by their signature, anything else unchanged. */
function noteToken(text: unknown, name: string): void {
  if (typeof text !== 'string') return;
  noteSecret(text, name);
  if (text.startsWith('eyJ')) noteSecret(text.split('.')[2], 'the signature of an access token');
  if (/^wft_[\w-]{70}$/.test(text)) {
    const ticket = Buffer.from(text.slice(4), 'base64url');
    noteBytes(ticket.subarray(16, 48), 'the secret of a ticket');
  }
  if (!/^wrt_[\w-]{96}$/.test(text)) return;
  const bytes = Buffer.from(text.slice(4), 'base64url');
  const parts = { selector: bytes.subarray(16, 32), secret: bytes.subarray(36, 68), body: bytes };
  for (const [part, value] of Object.entries(parts)) {
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      noteSecret(value.toString(encoding), `the ${part} of a refresh token in ${encoding}`);
  }
}

function noteBytes(bytes: Uint8Array, name: string): void {
  for (const encoding of ['hex', 'base64', 'base64url'] as const)
    noteSecret(Buffer.from(bytes).toString(encoding), `${name} in ${encoding}`);
}

/** As it is shown, and as it is hashed. */
export function noteRecoveryCode(code: string): void {
  noteSecret(code, 'a recovery code');
  noteSecret(code.replaceAll('-', ''), 'a recovery code without its hyphens');
}

/** @param base32 as in the URI of an authenticator */
export function noteSeed(base32: string | undefined): void {
  if (base32 === undefined) return;
  noteSecret(base32, 'the seed of an authenticator in base32');
  noteBytes(Secret.fromBase32(base32).bytes, 'the seed of an authenticator');
}

/** The token of a mailed link, and the secret in it. */
export function noteOneTimeToken(text: string): void {
  noteSecret(text, 'a one-time token');
  if (!/^wot_[\w-]{71}$/.test(text)) return;
  const bytes = Buffer.from(text.slice(4), 'base64url');
  for (const [part, value] of Object.entries({ secret: bytes.subarray(17, 49), body: bytes })) {
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      noteSecret(value.toString(encoding), `the ${part} of a one-time token in ${encoding}`);
  }
}

/**
 * A development without a mail server prints mails with their links to the log: the one line that may hold a token. Each
 * of them is remembered as a secret, so that it is found anywhere else.
 */
export function withoutPrintedMails(lines: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const isPrinted = (line: Record<string, unknown>) => line['event'] === 'mail.printed';
  for (const { text } of lines.filter(isPrinted)) noteOneTimeToken(/#token=(wot_[\w-]+)/.exec(String(text))?.[1] ?? '');
  return lines.filter((line) => !isPrinted(line));
}

/** Of a sign-in at a provider: what its addresses hold, both ways. The body of an exchange holds the code of an app. */
function noteAddress(text: string): void {
  if (!text.includes('?')) return;
  const query = new URLSearchParams(text.slice(text.indexOf('?')));
  for (const name of ['state', 'nonce', 'code', 'id_token_hint']) {
    const value = query.get(name) ?? '';
    // Those that a test wrote by hand are no secrets.
    if (/^[\w.-]{32,}$/.test(value) && new Set(value).size > 9)
      noteSecret(value, `the ${name} of a sign-in at a provider`);
  }
}

export function noteCall(base: string, url: string, { body, rawBody, headers = {} }: Call, answer: Answer): void {
  const isForm = String(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  const form = isForm ? Object.fromEntries(new URLSearchParams(String(rawBody))) : undefined;
  for (const source of [body, form, answer.json] as (Record<string, unknown> | undefined)[]) {
    for (const field of secretFields) noteToken(source?.[field], field);
    const { code } = source ?? {};
    if (typeof code === 'string' && code.startsWith('wuc_')) noteSecret(code, 'the code of an app');
    for (const field of shortFields) {
      const value = source?.[field];
      if (typeof value === 'string' && /^\d{6}$/.test(value)) noteSecret(`"${field}":"${value}"`, `the field ${field}`);
    }
    for (const code of (source?.['recoveryCodes'] ?? []) as string[]) noteRecoveryCode(code);
    for (const part of ['id_token_hint', 'state', 'nonce'])
      noteToken(queryOf(source?.['location'])?.get(part), `${part} of a location`);
    noteSeed(/[?&]secret=(\w+)/.exec(String(source?.['uri']))?.[1]);
  }
  for (const text of [url, String(answer.headers['location'] ?? '')]) noteAddress(text);
  noteToken(/^Bearer (.*)$/.exec(String(headers['authorization'] ?? ''))?.[1], 'a bearer token');
  for (const cookie of `${String(headers['cookie'] ?? '')};${answer.cookies.join(';')}`.split(';'))
    if (/^ *(?:[\w-]*_token|(?:__(?:Secure|Host)-)?(?:factor|enrol|upstream-[\w-]{8}))=/.test(cookie))
      noteToken(cookie.split('=')[1], 'a cookie');
  if (answer.status < 400) return;
  const seen = refusals.get(base) ?? [];
  refusals.set(base, seen);
  // These may hold the ticket: a refusal hands it out.
  const isHandedOut = ['second_factor_required', 'enrolment_required'].includes(answer.json['code']);
  seen.push(JSON.stringify(isHandedOut ? { ...answer.headers, 'set-cookie': [] } : answer.headers));
  seen.push(isHandedOut ? JSON.stringify({ ...answer.json, ticket: undefined }) : answer.text);
}

const queryOf = (url: unknown) =>
  typeof url === 'string' && URL.canParse(url) ? new URL(url).searchParams : undefined;

/** Every error answer that a service gave. */
export const refusalsOf = (base: string): string => (refusals.get(base) ?? []).join('\n');

/** @returns the names of the secrets in the text */
export function leaksIn(text: string): string[] {
  const found = new Set<string>();
  for (let at = 0; at + PREFIX <= text.length; at++) {
    const alike = secrets.get(text.slice(at, at + PREFIX));
    if (!alike) continue;
    for (const [secret, name] of alike) if (text.startsWith(secret, at)) found.add(name);
  }
  return [...found];
}
