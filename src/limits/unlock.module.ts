import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { KeyStoreModule } from '../keys/key-store.module.js';
import { GuessBudget } from './guess-budget.js';
import { LimitKeys } from './limit-keys.js';
import { Unlock } from './unlock.js';

/** What the command line needs, too, which guesses nothing. */
@Module({
  imports: [AuditModule, KeyStoreModule],
  providers: [GuessBudget, LimitKeys, Unlock],
  exports: [GuessBudget, LimitKeys, Unlock],
})
export class UnlockModule {}
