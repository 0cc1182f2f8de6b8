// The error of an OAuth route in OAuth's words (RFC 6749 §5.2): two members beside those of every other error.
import type { Refusal, RefusalCode } from '../errors.js';

export interface OAuthError {
  readonly error: string;
  readonly error_description: string;
}

/** Every other code is the same word in OAuth. */
const words: ReadonlyMap<RefusalCode, string> = new Map([
  ['body_too_large', 'invalid_request'],
  ['unsupported_media_type', 'invalid_request'],
  ['internal_error', 'server_error'],
  ['unavailable', 'temporarily_unavailable'],
  ['revocation_unconfirmed', 'temporarily_unavailable'],
]);

export function oauthErrorOf(refusal: Refusal): OAuthError {
  const [first] = refusal.errors ?? [];
  const sentence = first ? [first.path, first.message].filter(Boolean).join(': ') : refusal.message;
  return { error: words.get(refusal.code) ?? refusal.code, error_description: plain(sentence) };
}

/** RFC 6749 §5.2: no quotation mark, no backslash, nothing but ASCII. */
const plain = (text: string) => text.replaceAll(/[^ !#-[\]-~]/g, "'");

/** RFC 6749 §5.2: a refused client learns which scheme it may use. */
export const BASIC_CHALLENGE = 'Basic realm="watchword", charset="UTF-8"';
