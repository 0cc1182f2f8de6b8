import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { PoolWatch } from './pool-watch.js';
import { Readiness } from './readiness.js';

@Module({ controllers: [HealthController], providers: [PoolWatch, Readiness] })
export class HealthModule {}
