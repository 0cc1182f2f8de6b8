import { Global, Module } from '@nestjs/common';
import { Alerts } from './alerts.js';
import { Audit } from './audit.js';
import { Metrics } from './metrics.js';

@Global()
@Module({ providers: [Alerts, Audit, Metrics], exports: [Alerts, Audit, Metrics] })
export class AuditModule {}
