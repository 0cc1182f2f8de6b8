import { Module, StandardSchemaValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { CredentialsModule } from './credentials/credentials.module.js';
import { DatabaseModule } from './database/database.module.js';
import { Refusal } from './errors.js';
import { HealthModule } from './health/health.module.js';
import { HttpModule } from './http/http.module.js';
import { RefusalFilter } from './http/refusal.filter.js';
import { KeysModule } from './keys/keys.module.js';
import { RevocationModule } from './revocation/revocation.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { TokensModule } from './tokens/tokens.module.js';
import { UsersModule } from './users/users.module.js';

/** The body failed its schema: which fields, and why. Never the value. */
const exceptionFactory = (issues: readonly { message: string; path?: readonly unknown[] | undefined }[]) => {
  const errors = issues.slice(0, 20).map(({ message, path }) => ({
    path: pathText(path).slice(0, 100),
    message: message.startsWith('Unrecognized')
      ? 'There is a field that the route does not know.'
      : message.slice(0, 200),
  }));
  return new Refusal('invalid_request', { errors });
};
const pathText = (path: readonly unknown[] = []) =>
  path.map((part) => String(typeof part === 'object' && part !== null && 'key' in part ? part.key : part)).join('.');

@Module({
  imports: [
    DatabaseModule,
    HttpModule,
    AuditModule,
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
    { provide: APP_PIPE, useValue: new StandardSchemaValidationPipe({ exceptionFactory }) },
  ],
})
export class AppModule {}
