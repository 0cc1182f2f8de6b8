import { Module } from '@nestjs/common';
import { FactorRemoval } from './factor-removal.js';
import { Passkeys } from './passkeys/passkeys.js';

/** Needs no key. */
@Module({ providers: [FactorRemoval, Passkeys], exports: [FactorRemoval] })
export class FactorRemovalModule {}
