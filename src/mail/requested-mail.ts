// Queues the mails that a request causes. Where anybody may ask by naming an address, nobody is looked up: known and
// unknown addresses cost the same, and get the same answer.
import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { Database, type Queries, type Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import type { Asking, Exchange } from '../http/exchange.js';
import { languageOf } from '../http/language.js';
import { MailLimit } from '../limits/mail-limit.js';
import { VolumeLimit } from '../limits/volume-limit.js';
import type { MailKind } from './mail-kinds.js';
import { Outbox } from './outbox.js';

interface Particulars {
  readonly data?: Readonly<Record<string, string>>;
  readonly dedupe?: string;
}

@Injectable()
export class RequestedMail {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly volume: VolumeLimit,
    private readonly mailLimit: MailLimit,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * An address that has been sent enough is sent no more, without a word: a stranger's requests are no reason to refuse its
   * owner, who has those mails.
   * @throws Refusal `too_many_attempts` for a caller's network, or if the whole service is asked for too many
   */
  async ask(kind: MailKind, address: string, exchange: Exchange): Promise<void> {
    await this.volume.take('mail', exchange.caller.ip);
    if ((await this.mailLimit.take(kind, address)) > 0) return;
    await this.queue(this.database, kind, address, exchange);
    this.outbox.wake(kind);
  }

  /** For an act that must not happen without its mail. @throws Refusal `too_many_attempts` for the address, too */
  async assertAllowed(kind: MailKind, address: string): Promise<void> {
    const retryAfter = await this.mailLimit.take(kind, address);
    if (retryAfter > 0) throw new Refusal('too_many_attempts', { retryAfter });
  }

  /**
   * Tells the owner of an account what is about to happen to it. Call it before the transaction of the act.
   * @returns what writes the mail in that transaction, to the address as it is then; undefined if it was told too much today
   */
  async notice(kind: MailKind, address: string, asking: Asking, particulars: Particulars = {}) {
    if (!(await this.mailLimit.takeNotice(address))) return undefined;
    return (tx: Transaction, now = address) => this.queue(tx, kind, now, asking, particulars);
  }

  /** A mail that is a part of an act, without limits: it is sent once the transaction is committed. */
  async queue(
    queries: Queries | Transaction,
    kind: MailKind,
    address: string,
    { caller, request }: Asking,
    { data, dedupe }: Particulars = {},
  ): Promise<void> {
    const language = languageOf(request, this.config.DEFAULT_LANGUAGE);
    const mail = { kind, address, language, ip: caller.ip, data: { at: this.clock.now().toISOString(), ...data } };
    await this.outbox.write(queries, { ...mail, ...(dedupe === undefined ? {} : { dedupe }) });
  }
}
