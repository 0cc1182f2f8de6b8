import { Module } from '@nestjs/common';
import { Passwords } from './passwords.js';

/** Hashes alone, without sessions or keys: the command line makes accounts with it. */
@Module({ providers: [Passwords], exports: [Passwords] })
export class PasswordsModule {}
