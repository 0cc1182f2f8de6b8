// Refuses a request without exactly one Host header.
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../errors.js';

/**
 * RFC 9112 §3.2. Node's own check answers without our headers and format, and accepts two Host headers.
 * @throws Refusal `invalid_request`
 */
export function assertHost({ httpVersion, rawHeaders }: IncomingMessage): void {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return;
  const message = hosts === 0 ? 'The Host header is missing.' : 'There is more than one Host header.';
  throw new Refusal('invalid_request', { errors: [{ path: '', message }] });
}
