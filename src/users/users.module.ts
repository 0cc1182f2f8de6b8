import { Global, Module } from '@nestjs/common';
import { Passwords } from './passwords.js';
import { Users } from './users.js';

@Global()
@Module({ providers: [Users, Passwords], exports: [Users, Passwords] })
export class UsersModule {}
