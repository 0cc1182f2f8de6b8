// Tells a user by mail what an administrator did to their account: in the service's language, because nobody knows theirs.
import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import type { Transaction } from '../database/database.js';
import type { MailKind } from '../mail/mail-kinds.js';
import { Outbox } from '../mail/outbox.js';

@Injectable()
export class UserNotices {
  constructor(
    private readonly outbox: Outbox,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  write(tx: Transaction, kind: MailKind, address: string, data: Readonly<Record<string, string>> = {}): Promise<void> {
    const mail = { kind, address, language: this.config.DEFAULT_LANGUAGE };
    return this.outbox.write(tx, { ...mail, data: { at: this.clock.now().toISOString(), ...data } });
  }
}
