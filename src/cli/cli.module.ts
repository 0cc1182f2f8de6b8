import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { FactorsResetModule } from '../accounts/factors-reset.module.js';
import { UserExportModule } from '../accounts/export/user-export.module.js';
import { UserImportModule } from '../accounts/import/user-import.module.js';
import { InvitationModule } from '../accounts/invitation.module.js';
import { PasswordsModule } from '../credentials/password/passwords.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { FactorRemovalModule } from '../factors/factor-removal.module.js';
import { KeyStoreModule } from '../keys/key-store.module.js';
import { SigningKeysModule } from '../keys/signing-keys.module.js';
import { SessionEndModule } from '../sessions/session-end.module.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { UnlockModule } from '../limits/unlock.module.js';
import { ServicesModule } from '../siblings/services.module.js';
import { UpstreamIdentitiesModule } from '../upstream/identities/upstream-identities.module.js';
import { UsersModule } from '../users/users.module.js';

/** For commands that need no key: they end sessions and revoke keys even if the key-encryption key is lost. */
@Module({
  imports: [
    ...[AccountsModule, DatabaseModule, MailQueueModule, PasswordsModule, ServicesModule, SessionEndModule],
    ...[SigningKeysModule, UpstreamIdentitiesModule, UserExportModule, UserImportModule, UsersModule],
  ],
})
export class CliModule {}

/** For commands that open or seal keys. */
@Module({
  imports: [CliModule, FactorRemovalModule, FactorsResetModule, InvitationModule, KeyStoreModule, UnlockModule],
})
export class CliWithKeyModule {}
