import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { UsersModule } from '../users/users.module.js';
import { FactorlessSessions } from './factorless-sessions.js';
import { ForeignSessions } from './foreign-sessions.js';
import { OtherSessions } from './other-sessions.js';
import { SessionEnd } from './session-end.js';

/** Needs no key, so the command line can end sessions while the key-encryption key is lost. */
@Module({
  imports: [AuditModule, RevocationModule, UsersModule],
  providers: [FactorlessSessions, ForeignSessions, OtherSessions, SessionEnd],
  exports: [FactorlessSessions, ForeignSessions, OtherSessions, SessionEnd],
})
export class SessionEndModule {}
