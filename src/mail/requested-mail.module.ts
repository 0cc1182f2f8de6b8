import { Module } from '@nestjs/common';
import { LimitsModule } from '../limits/limits.module.js';
import { MailModule } from './mail.module.js';
import { RequestedMail } from './requested-mail.js';

/** For routes where anybody may ask for a mail. */
@Module({ imports: [LimitsModule, MailModule], providers: [RequestedMail], exports: [RequestedMail] })
export class RequestedMailModule {}
