import { Module } from '@nestjs/common';
import { KeysModule } from '../keys/keys.module.js';
import { MailDeliveryModule } from '../mail/mail-delivery.module.js';
import { RedisModule } from '../redis/redis.module.js';
import { MetricsServer } from '../telemetry/metrics-server.js';
import { HealthController } from './health.controller.js';

@Module({
  imports: [KeysModule, MailDeliveryModule, RedisModule],
  controllers: [HealthController],
  providers: [MetricsServer],
})
export class HealthModule {}
