// Says why a mail did not leave, in words that name nobody: servers put addresses into their sentences.
import type { Failure } from '../database/claimed-rows.js';

interface SmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

/** The code of an error for an address that no server is asked about. */
export const ADDRESS_REFUSED = 'address_refused';

/** What these commands are refused with is about this mail. Earlier refusals are about us: they may pass. */
const aboutTheMail = new Set(['RCPT TO', 'DATA']);

export function failureOf(error: unknown): Failure {
  const { code, command, responseCode, response } = error instanceof Error ? (error as SmtpError) : {};
  if (responseCode === undefined || command === undefined)
    return { reason: code ?? nameOf(error), isFinal: code === ADDRESS_REFUSED };
  const [, status] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '') ?? [];
  const reason = [responseCode, status, 'to', command].filter(Boolean).join(' ');
  return { reason, isFinal: responseCode >= 500 && aboutTheMail.has(command) && !isOurPermission(command, status) };
}

/** RFC 3463 §3.8: a server that relays nothing for us refuses each recipient, and there is nothing wrong with any. */
const isOurPermission = (command: string, status: string | undefined) =>
  command === 'RCPT TO' && status?.startsWith('5.7.') === true;

const nameOf = (error: unknown) => (error instanceof Error ? error.name : 'unknown');
