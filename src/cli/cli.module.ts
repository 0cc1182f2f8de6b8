import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { KeyStoreModule } from '../keys/key-store.module.js';
import { SigningKeys } from '../keys/signing-keys.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionEnd } from '../sessions/session-end.js';
import { Standing } from '../sessions/standing.js';
import { Users } from '../users/users.js';

/** What the commands need, and no key: sessions end and keys are revoked though the key-encryption key is lost. */
@Module({
  imports: [DatabaseModule, AuditModule, RevocationModule],
  providers: [Users, SessionEnd, Standing, SigningKeys],
})
export class CliModule {}

/** The same for commands that open or seal. */
@Module({ imports: [CliModule, KeyStoreModule] })
export class CliWithKeyModule {}
