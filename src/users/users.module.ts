import { Module } from '@nestjs/common';
import { PublicUsers } from './public-users.js';
import { UserStatus } from './user-status.js';
import { Users } from './users.js';

@Module({ providers: [Users, UserStatus, PublicUsers], exports: [Users, UserStatus, PublicUsers] })
export class UsersModule {}
