import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { SigningKeys } from './signing-keys.js';

/**
 * The table of keys. Needs no key-encryption key: a key can be listed and revoked although that one
 * is lost.
 */
@Module({ imports: [AuditModule], providers: [SigningKeys], exports: [SigningKeys] })
export class SigningKeysModule {}
