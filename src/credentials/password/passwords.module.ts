import { Module } from '@nestjs/common';
import { BreachedPasswords } from './breached-passwords.js';
import { PasswordPolicy } from './password-policy.js';
import { Passwords } from './passwords.js';

/** Hashes and what may be one, without sessions or keys: the command line makes accounts with it. */
@Module({ providers: [BreachedPasswords, Passwords, PasswordPolicy], exports: [Passwords, PasswordPolicy] })
export class PasswordsModule {}
