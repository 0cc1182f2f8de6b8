import { Module, StandardSchemaValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AdminListsModule } from './admin/admin-lists.module.js';
import { AccountPagesModule } from './account-pages/account-pages.module.js';
import { OwnAccountModule } from './accounts/own-account.module.js';
import { AdminModule } from './admin/admin.module.js';
import { AuditUpkeepModule } from './audit/audit-upkeep.module.js';
import { AuthModule } from './auth/auth.module.js';
import { CredentialsModule } from './credentials/credentials.module.js';
import { DatabaseModule } from './database/database.module.js';
import { OwnFactorsModule } from './enrolment/own-factors.module.js';
import { EnrolmentModule } from './enrolment/enrolment.module.js';
import { HealthModule } from './health/health.module.js';
import { OpenApiModule } from './openapi/openapi.module.js';
import { HttpModule } from './http/http.module.js';
import { toInvalidRequest } from './http/invalid-request.js';
import { MailDeliveryModule } from './mail/mail-delivery.module.js';
import { RefusalFilter } from './http/refusal.filter.js';
import { SiblingsModule } from './siblings/siblings.module.js';
import { UpstreamLogoutModule } from './upstream/logout/upstream-logout.module.js';
import { UnknownInputModule } from './http/unknown-input.module.js';

const refusals = { provide: APP_FILTER, useClass: RefusalFilter };
const validation = {
  provide: APP_PIPE,
  useValue: new StandardSchemaValidationPipe({ exceptionFactory: toInvalidRequest }),
};

@Module({
  imports: [
    ...[DatabaseModule, HttpModule],
    AuditUpkeepModule,
    MailDeliveryModule,
    OwnAccountModule,
    CredentialsModule,
    OwnFactorsModule,
    AuthModule,
    EnrolmentModule,
    UpstreamLogoutModule,
    ...[AccountPagesModule, AdminListsModule, AdminModule],
    SiblingsModule,
    HealthModule,
    OpenApiModule,
    UnknownInputModule,
  ],
  providers: [refusals, validation],
})
export class AppModule {}
