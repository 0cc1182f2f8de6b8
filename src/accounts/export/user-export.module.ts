import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { UserExport } from './user-export.js';

@Module({ imports: [AuditModule], providers: [UserExport], exports: [UserExport] })
export class UserExportModule {}
