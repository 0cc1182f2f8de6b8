import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { Config } from '../config/config.js';
import { Log } from '../telemetry/log.js';
import { OneTimeTokensModule } from '../tokens/one-time-tokens.module.js';
import { Addressees } from './addressees.js';
import { DeadMail } from './dead-mail.js';
import { MailDelivery } from './mail-delivery.js';
import { MailHealth } from './mail-health.js';
import { MailLinks } from './mail-links.js';
import { MailModule } from './mail.module.js';
import { MailQueueModule } from './mail-queue.module.js';
import { MailTransport } from './mail-transport.js';
import { MailBrand } from './messages/mail-brand.js';
import { NoMail } from './no-mail.js';
import { Postman } from './postman.js';
import { PrintedMail } from './printed-mail.js';
import { SmtpMail } from './smtp-mail.js';

function transportOf(config: Config, log: Log): MailTransport {
  if (config.SMTP_URL) return new SmtpMail(config.SMTP_URL, config);
  return config.isProduction ? new NoMail() : new PrintedMail(log);
}

const transport = { provide: MailTransport, inject: [Config, Log], useFactory: transportOf };

/** What a running service does; the operator's command line does without. */
@Module({
  imports: [AuditModule, MailModule, MailQueueModule, OneTimeTokensModule],
  providers: [Addressees, DeadMail, MailBrand, MailDelivery, MailHealth, MailLinks, Postman, transport],
  exports: [MailHealth],
})
export class MailDeliveryModule {}
