import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { EnrolmentModule } from '../enrolment/enrolment.module.js';
import { HttpModule } from '../http/http.module.js';
import { KeyStoreModule } from '../keys/key-store.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RequestedMailModule } from '../mail/requested-mail.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SignInModule } from '../sign-in/sign-in.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { LinkCaller } from './link-caller.js';
import { LinkExchange } from './link-exchange.js';
import { LinkStart } from './link-start.js';
import { OwnIdentitiesController } from './own-identities.controller.js';
import { OwnIdentities } from './own-identities.js';
import { Providers } from './providers.js';
import { StateCookie } from './state-cookie.js';
import { UpstreamAccounts } from './upstream-accounts.js';
import { UpstreamCallback } from './upstream-callback.js';
import { UpstreamCodes } from './upstream-codes.js';
import { UpstreamCompletion } from './upstream-completion.js';
import { UpstreamExchange } from './upstream-exchange.js';
import { UpstreamFigures } from './upstream-figures.js';
import { UpstreamHandOver } from './upstream-hand-over.js';
import { UpstreamIdentitiesModule } from './upstream-identities.module.js';
import { UpstreamLanding } from './upstream-landing.js';
import { UpstreamLinks } from './upstream-links.js';
import { UpstreamPeople } from './upstream-people.js';
import { UpstreamRequests } from './upstream-requests.js';
import { UpstreamReturn } from './upstream-return.js';
import { UpstreamRoles } from './upstream-roles.js';
import { UpstreamSignUp } from './upstream-sign-up.js';
import { UpstreamStartController } from './upstream-start.controller.js';
import { UpstreamStart } from './upstream-start.js';
import { UpstreamVerification } from './upstream-verification.js';
import { UpstreamController } from './upstream.controller.js';

const kept = [Providers, StateCookie, UpstreamCodes, UpstreamRequests];
const flows = [UpstreamCallback, UpstreamCompletion, UpstreamExchange, UpstreamHandOver, UpstreamReturn, UpstreamStart];
const who = [LinkCaller, LinkExchange, LinkStart, OwnIdentities, UpstreamAccounts, UpstreamLinks];
const accounts = [UpstreamPeople, UpstreamRoles, UpstreamSignUp];

@Module({
  imports: [
    ...[AccountsModule, AuditModule, EnrolmentModule, RequestedMailModule],
    ...[HttpModule, KeyStoreModule, KeysModule, LimitsModule, RevocationModule, SessionsModule],
    ...[SignInModule, TokensModule, UpstreamIdentitiesModule, UsersModule],
  ],
  controllers: [OwnIdentitiesController, UpstreamStartController, UpstreamController],
  providers: [...kept, ...flows, ...who, ...accounts, UpstreamFigures, UpstreamLanding, UpstreamVerification],
  exports: [OwnIdentities, Providers],
})
export class UpstreamModule {}
