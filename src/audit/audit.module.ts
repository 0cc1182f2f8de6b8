import { Global, Module } from '@nestjs/common';
import { Audit } from './audit.js';
import { MetricsServer } from './metrics-server.js';
import { Metrics } from './metrics.js';

@Global()
@Module({ providers: [Audit, Metrics, MetricsServer], exports: [Audit, Metrics] })
export class AuditModule {}
