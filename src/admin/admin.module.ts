import { Module } from '@nestjs/common';
import { FactorsModule } from '../factors/factors.module.js';
import { PasskeysModule } from '../factors/passkeys/passkeys.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UpstreamModule } from '../upstream/upstream.module.js';
import { UsersModule } from '../users/users.module.js';
import { UsersController } from './users.controller.js';
import { WholeUsers } from './whole-users.js';

@Module({
  imports: [FactorsModule, PasskeysModule, SessionsModule, UpstreamModule, UsersModule],
  controllers: [UsersController],
  providers: [WholeUsers],
})
export class AdminModule {}
