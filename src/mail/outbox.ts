// Takes mail to be sent. A row holds no link and no token, and is written the same for known and unknown addresses: who
// they belong to is looked up when the mail is sent (mail/mail-delivery.ts).
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Config } from '../config/config.js';
import type { Queries, Transaction } from '../database/database.js';
import { mailOutbox } from '../database/schema/mail.js';
import type { Language } from '../config/languages.js';
import { MailKeys } from './mail-keys.js';
import { kindOf, type MailKind, sendWithinSeconds } from './mail-kinds.js';

export interface NewMail {
  readonly kind: MailKind;
  /** Canonical (users/email.ts). */
  readonly address: string;
  readonly language: Language;
  /** What the text names, and `userId` for a kind that is about a named user. No secret. */
  readonly data?: Readonly<Record<string, string>>;
  /** Of two waiting mails to one address with the same text here, the second is not written. */
  readonly dedupe?: string;
  /** Whose request it was. */
  readonly ip?: string | null;
}

/** The column `data`. */
export interface MailData {
  readonly language: Language;
  readonly ip: string | null;
  readonly values: Readonly<Record<string, string>>;
}

@Injectable()
export class Outbox {
  /** Set by the delivery: a mail need not wait for its next round. */
  onNew: () => void = () => undefined;

  constructor(
    private readonly keys: MailKeys,
    private readonly config: Config,
  ) {}

  /** In a transaction the mail is due once that is committed; else call `wake`. */
  async write(queries: Queries | Transaction, mail: NewMail): Promise<void> {
    if (!this.config.sendsMail) return;
    const { kind, address, language, data = {}, dedupe = null, ip = null } = mail;
    const id = uuidv7();
    const recipient = await this.keys.recipientOf(address);
    const content: MailData = { language, ip, values: data };
    await queries.execute(sql`
      insert into ${mailOutbox} (recipient, id, kind, address_sealed, data, dedupe, next_attempt_at, send_before)
      values (${recipient}, ${id}, ${kind}, ${this.keys.seal(address, id)}, ${JSON.stringify(content)}::jsonb, ${dedupe},
              protocol_now() + make_interval(secs => random() * ${this.spreadSeconds(kind)}::int),
              protocol_now() + make_interval(secs => ${sendWithinSeconds(kind)}))
      on conflict (recipient, dedupe) do nothing`);
    if ('afterCommit' in queries) queries.afterCommit(() => this.wake(kind));
  }

  /** A mail that anybody can ask for waits for the delivery's round: its moment must say nothing about the request. */
  wake(kind: MailKind): void {
    if (this.spreadSeconds(kind) === 0) this.onNew();
  }

  private spreadSeconds(kind: MailKind): number {
    return kindOf(kind).isAnybodysToAsk === true ? this.config.MAIL_SPREAD_SECONDS : 0;
  }
}
