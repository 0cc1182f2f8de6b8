import { Module } from '@nestjs/common';
import { BreachedPasswords } from './breached-passwords.js';
import { PasswordPolicy } from './password-policy.js';
import { Passwords } from './passwords.js';

/** Hashes and the password policy, without sessions or keys: the command line creates accounts with it. */
@Module({ providers: [BreachedPasswords, Passwords, PasswordPolicy], exports: [Passwords, PasswordPolicy] })
export class PasswordsModule {}
