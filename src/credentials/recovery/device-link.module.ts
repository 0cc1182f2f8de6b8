import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { LimitsModule } from '../../limits/limits.module.js';
import { RequestedMailModule } from '../../mail/requested-mail.module.js';
import { OneTimeTokensModule } from '../../tokens/one-time-tokens.module.js';
import { DeviceController } from './device.controller.js';
import { DeviceLink } from './device-link.js';
import { DeviceOffer } from './device-offer.js';

@Module({
  imports: [AuditModule, LimitsModule, OneTimeTokensModule, RequestedMailModule],
  controllers: [DeviceController],
  providers: [DeviceLink, DeviceOffer],
  exports: [DeviceOffer],
})
export class DeviceLinkModule {}
