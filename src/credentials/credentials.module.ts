import { Module } from '@nestjs/common';
import { PasswordChange } from './password-change.js';
import { PasswordProof } from './password-proof.js';
import { Registration } from './registration.js';
import { RegistrationController } from './registration.controller.js';

@Module({
  controllers: [RegistrationController],
  providers: [Registration, PasswordChange, PasswordProof],
  exports: [PasswordChange, PasswordProof],
})
export class CredentialsModule {}
