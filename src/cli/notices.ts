// Lets an operator's act tell its user by mail. The act itself needs no key and must not fail for the lack of one.
import { LazyModuleLoader } from '@nestjs/core';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import type { Transaction } from '../database/database.js';
import type { MailKind } from '../mail/mail-kinds.js';
import { MailKeys } from '../mail/mail-keys.js';
import { MailModule } from '../mail/mail.module.js';
import { Outbox } from '../mail/outbox.js';
import type { User } from '../users/users.js';
import type { Desk } from './command.js';

type Notice = (tx: Transaction) => Promise<void>;

/** @returns what writes the mail in the transaction of the act; undefined, and a warning, without the key to seal it */
export async function noticeOf(
  desk: Desk,
  kind: MailKind,
  { email }: User,
  data: Readonly<Record<string, string>> = {},
): Promise<Notice | undefined> {
  const config = desk.get(Config);
  if (!config.sendsMail) return undefined;
  try {
    const module = await desk.get(LazyModuleLoader).load(() => MailModule);
    const outbox = module.get(Outbox);
    // Opens the key now: an error within the transaction would undo the act.
    await module.get(MailKeys).recipientOf(email);
    const mail = { kind, address: email, language: config.DEFAULT_LANGUAGE };
    return (tx) => outbox.write(tx, { ...mail, data: { at: desk.get(Clock).now().toISOString(), ...data } });
  } catch {
    desk.warn('Warning: no mail tells the user, because the key-encryption key is not available.');
    return undefined;
  }
}
