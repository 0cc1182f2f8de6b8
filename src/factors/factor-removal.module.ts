import { Module } from '@nestjs/common';
import { FactorRemoval } from './factor-removal.js';

/** Needs no key. */
@Module({ providers: [FactorRemoval], exports: [FactorRemoval] })
export class FactorRemovalModule {}
