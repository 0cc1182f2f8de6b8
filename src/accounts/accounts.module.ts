import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionEndModule } from '../sessions/session-end.module.js';
import { UsersModule } from '../users/users.module.js';
import { AddressCorrection } from './address-correction.js';
import { AccountStatus } from './account-status.js';

@Module({
  imports: [AuditModule, RevocationModule, SessionEndModule, UsersModule],
  providers: [AccountStatus, AddressCorrection],
  exports: [AccountStatus, AddressCorrection],
})
export class AccountsModule {}
