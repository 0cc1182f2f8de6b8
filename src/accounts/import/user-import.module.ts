import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { PasswordsModule } from '../../credentials/password/passwords.module.js';
import { SessionEndModule } from '../../sessions/session-end.module.js';
import { UsersModule } from '../../users/users.module.js';
import { ImportBatch } from './import-batch.js';
import { ImportedHashes } from './imported-hashes.js';
import { Imports } from './imports.js';
import { UserImport } from './user-import.js';

@Module({
  imports: [AuditModule, PasswordsModule, SessionEndModule, UsersModule],
  providers: [ImportBatch, ImportedHashes, Imports, UserImport],
  exports: [UserImport],
})
export class UserImportModule {}
