import { Module } from '@nestjs/common';
import { MailQueue } from './mail-queue.js';

/** Needs no key: for the operator's command line too. */
@Module({ providers: [MailQueue], exports: [MailQueue] })
export class MailQueueModule {}
