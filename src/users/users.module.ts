import { Module } from '@nestjs/common';
import { PendingUsers } from './pending-users.js';
import { PublicUsers } from './public-users.js';
import { UserAddress } from './user-address.js';
import { UserFactors } from './user-factors.js';
import { UserStatus } from './user-status.js';
import { Users } from './users.js';

@Module({
  providers: [PendingUsers, Users, UserAddress, UserFactors, UserStatus, PublicUsers],
  exports: [PendingUsers, Users, UserAddress, UserFactors, UserStatus, PublicUsers],
})
export class UsersModule {}
