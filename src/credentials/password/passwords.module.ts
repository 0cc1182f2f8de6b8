import { Module } from '@nestjs/common';
import { BreachedPasswords } from './breached-passwords.js';
import { ChosenPassword } from './chosen-password.js';
import { PasswordPolicy } from './password-policy.js';
import { Passwords } from './passwords.js';

/** Hashes and the password policy, without sessions or keys: the command line creates accounts with it. */
@Module({
  providers: [BreachedPasswords, ChosenPassword, Passwords, PasswordPolicy],
  exports: [ChosenPassword, Passwords, PasswordPolicy],
})
export class PasswordsModule {}
