import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { FactorsResetModule } from '../accounts/factors-reset.module.js';
import { InvitationModule } from '../accounts/invitation.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { FactorsModule } from '../factors/factors.module.js';
import { PasskeysModule } from '../factors/passkeys/passkeys.module.js';
import { MailModule } from '../mail/mail.module.js';
import { RequestedMailModule } from '../mail/requested-mail.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UpstreamModule } from '../upstream/upstream.module.js';
import { UsersModule } from '../users/users.module.js';
import { ForcedEnd } from './forced-end.js';
import { GlobalRevocationController } from './global-revocation.controller.js';
import { InvitationsController } from './invitations.controller.js';
import { Removal } from './removal.js';
import { ResetMail } from './reset-mail.js';
import { UserNotices } from './user-notices.js';
import { UserRecoveryController } from './user-recovery.controller.js';
import { UserSessionsController } from './user-sessions.controller.js';
import { UsersController } from './users.controller.js';
import { WholeUsers } from './whole-users.js';

const ofOne = [UsersController, UserRecoveryController, UserSessionsController];

@Module({
  imports: [
    ...[AccountsModule, AuditModule, FactorsModule, FactorsResetModule, InvitationModule, MailModule, PasskeysModule],
    ...[RequestedMailModule, RevocationModule, SessionsModule, UpstreamModule, UsersModule],
  ],
  controllers: [...ofOne, GlobalRevocationController, InvitationsController],
  providers: [ForcedEnd, Removal, ResetMail, UserNotices, WholeUsers],
})
export class AdminModule {}
