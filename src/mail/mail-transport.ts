// Carries a composed mail away: by SMTP, or to the log.
import type { MailKind } from './mail-kinds.js';

export interface OutgoingMail {
  /** Of the row: the Message-ID is made of it, so that a mail that is sent twice is one for whoever sorts it. */
  readonly id: string;
  readonly kind: MailKind;
  readonly address: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export abstract class MailTransport {
  /** @throws why it did not leave */
  abstract send(mail: OutgoingMail): Promise<void>;

  /** Does the work of a send on this side, and sends nothing. */
  async rehearse(_mail: OutgoingMail): Promise<void> {
    // Only SMTP costs anything.
  }

  /** Waits for the sends that are under way, and lets go of what it holds. */
  async finish(sends: Promise<void>): Promise<void> {
    await sends;
  }
}
