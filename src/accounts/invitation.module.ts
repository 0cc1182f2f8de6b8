import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { MailModule } from '../mail/mail.module.js';
import { UsersModule } from '../users/users.module.js';
import { Invitation } from './invitation.js';

@Module({ imports: [AuditModule, MailModule, UsersModule], providers: [Invitation], exports: [Invitation] })
export class InvitationModule {}
