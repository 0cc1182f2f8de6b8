// Refuses an act that consists of a mail where none can be sent.
import type { Config } from '../config/config.js';
import { Refusal } from '../errors.js';

/** @throws Refusal `not_found` without a mail server */
export function assertMails({ sendsMail }: Config): void {
  if (!sendsMail) throw new Refusal('not_found', { detail: 'This service sends no mail: SMTP_URL is not set.' });
}
