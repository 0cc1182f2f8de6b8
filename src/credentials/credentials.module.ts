import { Module } from '@nestjs/common';
import { PasswordProof } from './password-proof.js';
import { Registration } from './registration.js';
import { RegistrationController } from './registration.controller.js';

@Module({
  controllers: [RegistrationController],
  providers: [Registration, PasswordProof],
  exports: [PasswordProof],
})
export class CredentialsModule {}
