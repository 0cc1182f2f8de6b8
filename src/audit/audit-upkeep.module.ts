import { Module } from '@nestjs/common';
import { AlertDelivery } from './alert-delivery.js';
import { AuditModule } from './audit.module.js';
import { Retention } from './retention.js';

/** What a running service does beside answering; the operator's command line does without. */
@Module({ imports: [AuditModule], providers: [AlertDelivery, Retention] })
export class AuditUpkeepModule {}
