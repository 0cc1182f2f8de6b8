import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { HttpModule } from '../http/http.module.js';
import { RequestedMailModule } from '../mail/requested-mail.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { SessionEndModule } from '../sessions/session-end.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccountsModule } from './accounts.module.js';
import { FreezeModule } from './freeze.module.js';
import { Deletion } from './deletion.js';
import { OwnAccountController } from './own-account.controller.js';
import { OwnEventsController } from './own-events.controller.js';
import { OwnEvents } from './own-events.js';

/** What a person does with their own account; the command line does without. */
@Module({
  imports: [
    AccountsModule,
    AuditModule,
    FreezeModule,
    HttpModule,
    RequestedMailModule,
    RevocationModule,
    SessionEndModule,
    TokensModule,
    UsersModule,
  ],
  controllers: [OwnAccountController, OwnEventsController],
  providers: [Deletion, OwnEvents],
})
export class OwnAccountModule {}
