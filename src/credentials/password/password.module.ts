import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { HttpModule } from '../../http/http.module.js';
import { KeysModule } from '../../keys/keys.module.js';
import { RevocationModule } from '../../revocation/revocation.module.js';
import { SessionsModule } from '../../sessions/sessions.module.js';
import { SignInModule } from '../../sign-in/sign-in.module.js';
import { TokensModule } from '../../tokens/tokens.module.js';
import { UsersModule } from '../../users/users.module.js';
import { LimitsModule } from '../../limits/limits.module.js';
import { CurrentPassword } from './current-password.js';
import { LoginController } from './login.controller.js';
import { Decoys } from './decoys.js';
import { PasswordCheck } from './password-check.js';
import { PasswordChange } from './password-change.js';
import { PasswordProof } from './password-proof.js';
import { PasswordReplacement } from './password-replacement.js';
import { PasswordController } from './password.controller.js';
import { PasswordsModule } from './passwords.module.js';

@Module({
  imports: [
    AuditModule,
    HttpModule,
    KeysModule,
    LimitsModule,
    PasswordsModule,
    RevocationModule,
    SessionsModule,
    SignInModule,
    TokensModule,
    UsersModule,
  ],
  controllers: [LoginController, PasswordController],
  providers: [CurrentPassword, Decoys, PasswordChange, PasswordCheck, PasswordProof, PasswordReplacement],
})
export class PasswordModule {}
