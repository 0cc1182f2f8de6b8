// Prints mails to the log, with their links: for development without a mail server, the one place where a token of ours
// is logged. Production has no such transport (mail.module.ts).
import type { Log } from '../telemetry/log.js';
import { MailTransport, type OutgoingMail } from './mail-transport.js';

export class PrintedMail extends MailTransport {
  constructor(private readonly log: Log) {
    super();
  }

  send({ kind, address, subject, text }: OutgoingMail): Promise<void> {
    this.log.info({ event: 'mail.printed', kind, to: address, subject, text });
    return Promise.resolve();
  }
}
