import { Module } from '@nestjs/common';
import { AlertDelivery } from './alert-delivery.js';
import { MetricsServer } from './metrics-server.js';
import { Retention } from './retention.js';

/** What a running service does beside answering; the operator's command line does without. */
@Module({ providers: [AlertDelivery, MetricsServer, Retention] })
export class AuditUpkeepModule {}
