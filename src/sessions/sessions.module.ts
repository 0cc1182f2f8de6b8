import { Global, Module } from '@nestjs/common';
import { FamilyLimit } from './family-limit.js';
import { Grants } from './grants.js';
import { Purge } from './purge.js';
import { Refresh } from './refresh.js';
import { SessionEnd } from './session-end.js';
import { SessionList } from './session-list.js';
import { SessionsController } from './sessions.controller.js';
import { Sessions } from './sessions.js';
import { Standing } from './standing.js';

@Global()
@Module({
  controllers: [SessionsController],
  providers: [FamilyLimit, Grants, Purge, Refresh, SessionEnd, SessionList, Sessions, Standing],
  exports: [Refresh, SessionEnd, SessionList, Sessions, Standing],
})
export class SessionsModule {}
