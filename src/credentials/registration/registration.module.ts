import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { LimitsModule } from '../../limits/limits.module.js';
import { UsersModule } from '../../users/users.module.js';
import { PasswordsModule } from '../password/passwords.module.js';
import { Registration } from './registration.js';
import { RegistrationController } from './registration.controller.js';

@Module({
  imports: [AuditModule, LimitsModule, PasswordsModule, UsersModule],
  controllers: [RegistrationController],
  providers: [Registration],
})
export class RegistrationModule {}
