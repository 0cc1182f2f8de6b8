import { Global, Module } from '@nestjs/common';
import { Audit } from './audit.js';
import { Metrics } from './metrics.js';

@Global()
@Module({ providers: [Audit, Metrics], exports: [Audit, Metrics] })
export class AuditModule {}
