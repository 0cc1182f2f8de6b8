// Mails a link to the owner of an account that too many wrong guesses have closed to unknown devices.
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import type { Exchange } from '../../http/exchange.js';
import { MailLimit } from '../../limits/mail-limit.js';
import { RequestedMail } from '../../mail/requested-mail.js';

@Injectable()
export class DeviceOffer {
  constructor(
    private readonly database: Database,
    private readonly mailLimit: MailLimit,
    private readonly mail: RequestedMail,
  ) {}

  /**
   * Once a day for each address, known or not. It does not use up the mails that the address may ask for: a stranger who
   * closes the account must not keep its owner from a reset.
   */
  async make(address: string, exchange: Exchange): Promise<void> {
    if (await this.mailLimit.takeDaily('device', address))
      await this.mail.queue(this.database, 'device', address, exchange);
  }
}
