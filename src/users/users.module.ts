import { Module } from '@nestjs/common';
import { Passwords } from './passwords.js';
import { PublicUsers } from './public-users.js';
import { Users } from './users.js';

@Module({ providers: [Users, PublicUsers, Passwords], exports: [Users, PublicUsers, Passwords] })
export class UsersModule {}
