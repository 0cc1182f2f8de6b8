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
import { LinkCaller } from './links/link-caller.js';
import { LinkExchange } from './links/link-exchange.js';
import { LinkStart } from './links/link-start.js';
import { OwnIdentitiesController } from './links/own-identities.controller.js';
import { OwnIdentities } from './links/own-identities.js';
import { Providers } from './providers/providers.js';
import { StateCookie } from './sign-in/state-cookie.js';
import { UpstreamAccounts } from './identities/upstream-accounts.js';
import { UpstreamCallback } from './sign-in/upstream-callback.js';
import { UpstreamCodes } from './sign-in/upstream-codes.js';
import { UpstreamCompletion } from './sign-in/upstream-completion.js';
import { UpstreamExchange } from './sign-in/upstream-exchange.js';
import { UpstreamFigures } from './sign-in/upstream-figures.js';
import { UpstreamHandOver } from './sign-in/upstream-hand-over.js';
import { UpstreamIdentitiesModule } from './identities/upstream-identities.module.js';
import { UpstreamLanding } from './sign-in/upstream-landing.js';
import { UpstreamLinks } from './links/upstream-links.js';
import { UpstreamPeople } from './identities/upstream-people.js';
import { UpstreamRequests } from './sign-in/upstream-requests.js';
import { UpstreamReturn } from './sign-in/upstream-return.js';
import { UpstreamRoles } from './identities/upstream-roles.js';
import { UpstreamSignUp } from './identities/upstream-sign-up.js';
import { UpstreamStartController } from './upstream-start.controller.js';
import { UpstreamStart } from './sign-in/upstream-start.js';
import { UpstreamVerification } from './sign-in/upstream-verification.js';
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
