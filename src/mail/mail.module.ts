import { Module } from '@nestjs/common';
import { KeyStoreModule } from '../keys/key-store.module.js';
import { MailKeys } from './mail-keys.js';
import { Outbox } from './outbox.js';

/** For whoever has mail to send. */
@Module({ imports: [KeyStoreModule], providers: [MailKeys, Outbox], exports: [MailKeys, Outbox] })
export class MailModule {}
