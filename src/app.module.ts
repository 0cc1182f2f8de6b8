import { Module, StandardSchemaValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AuditModule } from './audit/audit.module.js';
import { AuditUpkeepModule } from './audit/audit-upkeep.module.js';
import { AuthModule } from './auth/auth.module.js';
import { CredentialsModule } from './credentials/credentials.module.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthModule } from './health/health.module.js';
import { HttpModule } from './http/http.module.js';
import { toInvalidRequest } from './http/invalid-request.js';
import { RefusalFilter } from './http/refusal.filter.js';
import { KeysModule } from './keys/keys.module.js';
import { RevocationModule } from './revocation/revocation.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { TokensModule } from './tokens/tokens.module.js';
import { UsersModule } from './users/users.module.js';

@Module({
  imports: [
    DatabaseModule,
    HttpModule,
    AuditModule,
    AuditUpkeepModule,
    KeysModule,
    TokensModule,
    UsersModule,
    RevocationModule,
    SessionsModule,
    CredentialsModule,
    AuthModule,
    HealthModule,
  ],
  providers: [
    { provide: APP_FILTER, useClass: RefusalFilter },
    { provide: APP_PIPE, useValue: new StandardSchemaValidationPipe({ exceptionFactory: toInvalidRequest }) },
  ],
})
export class AppModule {}
