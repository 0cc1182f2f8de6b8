import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { Services } from './services.js';

/** Needs no key, so the command line can remove a service while the key-encryption key is lost. */
@Module({ imports: [AuditModule], providers: [Services], exports: [Services] })
export class ServicesModule {}
