import { Global, Module } from '@nestjs/common';
import { FamilyLimit } from './family-limit.js';
import { Purge } from './purge.js';
import { Refresh } from './refresh.js';
import { SessionList } from './session-list.js';
import { SessionsController } from './sessions.controller.js';
import { Sessions } from './sessions.js';

@Global()
@Module({
  controllers: [SessionsController],
  providers: [FamilyLimit, Purge, Refresh, SessionList, Sessions],
  exports: [Refresh, Sessions],
})
export class SessionsModule {}
