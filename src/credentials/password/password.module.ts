import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { RequestedMailModule } from '../../mail/requested-mail.module.js';
import { RevocationModule } from '../../revocation/revocation.module.js';
import { SessionsModule } from '../../sessions/sessions.module.js';
import { SignInModule } from '../../sign-in/sign-in.module.js';
import { UsersModule } from '../../users/users.module.js';
import { PasskeyLoginModule } from '../passkeys/passkey-login.module.js';
import { DeviceLinkModule } from '../recovery/device-link.module.js';
import { LoginController } from './login.controller.js';
import { PasswordChange } from './password-change.js';
import { PasswordCheckModule } from './password-check.module.js';
import { PasswordProof } from './password-proof.js';
import { PasswordReplacement } from './password-replacement.js';
import { PasswordController } from './password.controller.js';
import { PasswordsModule } from './passwords.module.js';
import { ReauthenticateController } from './reauthenticate.controller.js';

@Module({
  imports: [
    AuditModule,
    DeviceLinkModule,
    PasskeyLoginModule,
    PasswordCheckModule,
    PasswordsModule,
    RequestedMailModule,
    RevocationModule,
    SessionsModule,
    SignInModule,
    UsersModule,
  ],
  controllers: [LoginController, PasswordController, ReauthenticateController],
  providers: [PasswordChange, PasswordProof, PasswordReplacement],
})
export class PasswordModule {}
