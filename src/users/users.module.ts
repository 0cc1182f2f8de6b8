import { Module } from '@nestjs/common';
import { ImportedUsers } from './imported-users.js';
import { PendingUsers } from './pending-users.js';
import { PublicUsers } from './public-users.js';
import { UserAddress } from './user-address.js';
import { UserEmails } from './user-emails.js';
import { UserFactors } from './user-factors.js';
import { UserLookups } from './user-lookups.js';
import { UserStatus } from './user-status.js';
import { Users } from './users.js';

const forOthers = [ImportedUsers, PendingUsers, PublicUsers, UserAddress, UserFactors, UserLookups, Users, UserStatus];

@Module({ providers: [UserEmails, ...forOthers], exports: forOthers })
export class UsersModule {}
