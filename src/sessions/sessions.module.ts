import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { KeyStoreModule } from '../keys/key-store.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { FamilyLimit } from './family-limit.js';
import { ForeignSessionsPurge } from './foreign-sessions-purge.js';
import { DatabaseWatchModule } from '../database/watch/database-watch.module.js';
import { Purge } from './purge.js';
import { Reassertion, Surroundings } from './reassertion.js';
import { Reauthentication } from './reauthentication.js';
import { RefreshCookies } from './refresh-cookies.js';
import { RefreshState } from './refresh-state.js';
import { Refresh } from './refresh.js';
import { SessionEndModule } from './session-end.module.js';
import { SessionList } from './session-list.js';
import { SessionsController } from './sessions.controller.js';
import { Sessions } from './sessions.js';
import { TokenIssue } from './token-issue.js';
import { UpstreamLogoutLinks } from './upstream-logout-links.js';
import { UpstreamSignIns } from './upstream-sign-ins.js';

@Module({
  imports: [
    ...[AuditModule, KeyStoreModule, KeysModule, LimitsModule, RevocationModule, TokensModule, SessionEndModule],
    ...[DatabaseWatchModule, UsersModule],
  ],
  controllers: [SessionsController],
  providers: [
    ...[FamilyLimit, ForeignSessionsPurge, Purge, Reassertion, Reauthentication, Refresh, RefreshCookies, RefreshState],
    ...[SessionList, Sessions, Surroundings, TokenIssue, UpstreamLogoutLinks, UpstreamSignIns],
  ],
  exports: [
    ...[Reauthentication, Refresh, RefreshCookies, RefreshState, SessionEndModule, SessionList, Sessions],
    ...[UpstreamLogoutLinks, UpstreamSignIns],
  ],
})
export class SessionsModule {}
