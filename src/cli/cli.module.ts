import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionEnd } from '../sessions/session-end.js';
import { Standing } from '../sessions/standing.js';
import { Users } from '../users/users.js';

/** What the commands need, and no key: sessions can be ended though the key-encryption key is lost. */
@Module({
  imports: [DatabaseModule, AuditModule, RevocationModule],
  providers: [Users, SessionEnd, Standing],
})
export class CliModule {}
