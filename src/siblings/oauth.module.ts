import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { IntrospectionController } from './introspection.controller.js';
import { Introspection } from './introspection.js';
import { RevocationController } from './revocation.controller.js';
import { ServiceAuthentication } from './service-authentication.js';
import { ServiceGrant } from './service-grant.js';
import { ServiceLimits } from './service-limits.js';
import { ServiceVerdicts } from './service-verdicts.js';
import { ServicesModule } from './services.module.js';
import { SignedIntrospection } from './signed-introspection.js';
import { TokenController } from './token.controller.js';
import { TokenRevocation } from './token-revocation.js';

@Module({
  imports: [AuditModule, KeysModule, LimitsModule, RevocationModule, ServicesModule, SessionsModule, TokensModule],
  controllers: [IntrospectionController, RevocationController, TokenController],
  providers: [
    ...[Introspection, ServiceAuthentication, ServiceGrant, ServiceLimits, ServiceVerdicts],
    ...[SignedIntrospection, TokenRevocation],
  ],
})
export class OAuthModule {}
