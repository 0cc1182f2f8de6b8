import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { ServicesModule } from '../siblings/services.module.js';
import { UsersModule } from '../users/users.module.js';
import { EventListController } from './event-list.controller.js';
import { EventPages } from './event-pages.js';
import { EventSearch } from './event-search.js';
import { Figures } from './figures.js';
import { OperationsController } from './operations.controller.js';
import { SealedCursors } from './sealed-cursors.js';
import { UserListController } from './user-list.controller.js';
import { UserSearch } from './user-search.js';

/** What administrators read of many users, and of the service itself. */
@Module({
  imports: [AuditModule, KeysModule, MailQueueModule, ServicesModule, UsersModule],
  controllers: [EventListController, OperationsController, UserListController],
  providers: [EventPages, EventSearch, Figures, SealedCursors, UserSearch],
})
export class AdminListsModule {}
