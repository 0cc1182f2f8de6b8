import { Module } from '@nestjs/common';
import { Alerts } from './alerts.js';
import { Audit } from './audit.js';
import { EventMetrics } from './event-metrics.js';

@Module({ providers: [Alerts, Audit, EventMetrics], exports: [Alerts, Audit] })
export class AuditModule {}
