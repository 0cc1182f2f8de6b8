import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { LimitsModule } from '../../limits/limits.module.js';
import { RequestedMailModule } from '../../mail/requested-mail.module.js';
import { RevocationModule } from '../../revocation/revocation.module.js';
import { OneTimeTokensModule } from '../../tokens/one-time-tokens.module.js';
import { UsersModule } from '../../users/users.module.js';
import { PasswordCheckModule } from '../password/password-check.module.js';
import { AddressChange } from './address-change.js';
import { AddressConfirmation } from './address-confirmation.js';
import { AddressController } from './address.controller.js';
import { AddressEffects } from './address-effects.js';

@Module({
  imports: [
    AuditModule,
    LimitsModule,
    OneTimeTokensModule,
    PasswordCheckModule,
    RequestedMailModule,
    RevocationModule,
    UsersModule,
  ],
  controllers: [AddressController],
  providers: [AddressChange, AddressConfirmation, AddressEffects],
  exports: [AddressConfirmation],
})
export class AddressModule {}
