import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { LimitsModule } from '../../limits/limits.module.js';
import { RequestedMailModule } from '../../mail/requested-mail.module.js';
import { RevocationModule } from '../../revocation/revocation.module.js';
import { OneTimeTokensModule } from '../../tokens/one-time-tokens.module.js';
import { UsersModule } from '../../users/users.module.js';
import { AddressModule } from '../address/address.module.js';
import { PasswordsModule } from '../password/passwords.module.js';
import { PendingPurge } from './pending-purge.js';
import { Registration } from './registration.js';
import { RegistrationController } from './registration.controller.js';
import { Verification } from './verification.js';
import { VerificationController } from './verification.controller.js';
import { VerifiedRegistration } from './verified-registration.js';

const below = [AuditModule, LimitsModule, OneTimeTokensModule, PasswordsModule, RequestedMailModule];

@Module({
  imports: [...below, AddressModule, RevocationModule, UsersModule],
  controllers: [RegistrationController, VerificationController],
  providers: [PendingPurge, Registration, Verification, VerifiedRegistration],
})
export class RegistrationModule {}
