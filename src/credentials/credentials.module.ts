import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionEndModule } from '../sessions/session-end.module.js';
import { UsersModule } from '../users/users.module.js';
import { PasswordChange } from './password-change.js';
import { PasswordProof } from './password-proof.js';
import { Registration } from './registration.js';
import { RegistrationController } from './registration.controller.js';

@Module({
  imports: [AuditModule, RevocationModule, SessionEndModule, UsersModule],
  controllers: [RegistrationController],
  providers: [Registration, PasswordChange, PasswordProof],
  exports: [PasswordChange, PasswordProof],
})
export class CredentialsModule {}
