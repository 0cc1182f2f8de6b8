// A row of the outbox as the delivery claims it.
import type { Claimed } from '../database/claimed-rows.js';
import type { MailData } from './outbox.js';

export interface QueuedMail extends Claimed {
  readonly recipient: Buffer;
  /** A newer release may know more kinds than this one. */
  readonly kind: string;
  readonly address_sealed: Buffer;
  readonly data: MailData;
  readonly send_before: Date;
  /** Why the try before this one failed. */
  readonly reason: string | null;
}
