import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { MailQueue } from './mail-queue.js';

/** Needs no key: for the operator's command line too. */
@Module({ imports: [AuditModule], providers: [MailQueue], exports: [MailQueue] })
export class MailQueueModule {}
