import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { KeysModule } from '../../keys/keys.module.js';
import { LimitsModule } from '../../limits/limits.module.js';
import { RevocationModule } from '../../revocation/revocation.module.js';
import { SessionsModule } from '../../sessions/sessions.module.js';
import { TokensModule } from '../../tokens/tokens.module.js';
import { UsersModule } from '../../users/users.module.js';
import { CallerSession } from './caller-session.js';
import { CurrentPassword } from './current-password.js';
import { Decoys } from './decoys.js';
import { PasswordCheck } from './password-check.js';
import { PasswordsModule } from './passwords.module.js';

/** Verifies passwords, and charges for each guess. */
@Module({
  imports: [
    AuditModule,
    KeysModule,
    LimitsModule,
    PasswordsModule,
    RevocationModule,
    SessionsModule,
    TokensModule,
    UsersModule,
  ],
  providers: [CallerSession, CurrentPassword, Decoys, PasswordCheck],
  exports: [CallerSession, CurrentPassword, PasswordCheck],
})
export class PasswordCheckModule {}
