// Searches the log, the error answers, the metrics and the database for secrets that the tests used.
// It records every call of the test client, and searches every service when it stops.
import type { Answer, Call } from './client.js';

/** The secrets by their first characters, each with a printable name. */
const secrets = new Map<string, Map<string, string>>();
const refusals = new Map<string, string[]>();
const PREFIX = 10;

const secretFields = ['password', 'currentPassword', 'newPassword', 'refreshToken', 'accessToken'];

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
  if (!/^wrt_[\w-]{96}$/.test(text)) return;
  const bytes = Buffer.from(text.slice(4), 'base64url');
  const parts = { selector: bytes.subarray(16, 32), secret: bytes.subarray(36, 68), body: bytes };
  for (const [part, value] of Object.entries(parts)) {
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      noteSecret(value.toString(encoding), `the ${part} of a refresh token in ${encoding}`);
  }
}

export function noteCall(base: string, { body, headers = {} }: Call, answer: Answer): void {
  for (const source of [body, answer.json] as (Record<string, unknown> | undefined)[]) {
    for (const field of secretFields) noteToken(source?.[field], field);
  }
  noteToken(/^Bearer (.*)$/.exec(String(headers['authorization'] ?? ''))?.[1], 'a bearer token');
  for (const cookie of `${String(headers['cookie'] ?? '')};${answer.cookies.join(';')}`.split(';'))
    if (cookie.includes('_token=')) noteToken(cookie.split('=')[1], 'a cookie');
  if (answer.status < 400) return;
  const seen = refusals.get(base) ?? [];
  refusals.set(base, seen);
  seen.push(JSON.stringify(answer.headers) + answer.text);
}

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
