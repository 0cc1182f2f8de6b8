import { Module } from '@nestjs/common';
import { PublicUsers } from './public-users.js';
import { Users } from './users.js';

@Module({ providers: [Users, PublicUsers], exports: [Users, PublicUsers] })
export class UsersModule {}
