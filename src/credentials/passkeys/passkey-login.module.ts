import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { PasskeysModule } from '../../factors/passkeys/passkeys.module.js';
import { LimitsModule } from '../../limits/limits.module.js';
import { SessionsModule } from '../../sessions/sessions.module.js';
import { SignInModule } from '../../sign-in/sign-in.module.js';
import { UsersModule } from '../../users/users.module.js';
import { PasskeyLoginController } from './passkey-login.controller.js';
import { PasskeyProof } from './passkey-proof.js';
import { PasskeyReauthentication } from './passkey-reauthentication.js';
import { ReauthenticateOptionsController } from './reauthenticate-options.controller.js';

@Module({
  imports: [AuditModule, LimitsModule, PasskeysModule, SessionsModule, SignInModule, UsersModule],
  controllers: [PasskeyLoginController, ReauthenticateOptionsController],
  providers: [PasskeyProof, PasskeyReauthentication],
  exports: [PasskeyReauthentication],
})
export class PasskeyLoginModule {}
