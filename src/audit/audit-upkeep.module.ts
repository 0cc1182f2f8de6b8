import { Module } from '@nestjs/common';
import { MetricsServer } from './metrics-server.js';
import { Retention } from './retention.js';

/** What a running service does beside answering; the operator's command line does without. */
@Module({ providers: [MetricsServer, Retention] })
export class AuditUpkeepModule {}
