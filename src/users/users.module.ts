import { Module } from '@nestjs/common';
import { ImportedUsers } from './imported-users.js';
import { PendingUsers } from './pending-users.js';
import { PublicUsers } from './public-users.js';
import { UserAddress } from './user-address.js';
import { UserFactors } from './user-factors.js';
import { UserStatus } from './user-status.js';
import { Users } from './users.js';

@Module({
  providers: [ImportedUsers, PendingUsers, Users, UserAddress, UserFactors, UserStatus, PublicUsers],
  exports: [ImportedUsers, PendingUsers, Users, UserAddress, UserFactors, UserStatus, PublicUsers],
})
export class UsersModule {}
