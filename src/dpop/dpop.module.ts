import { Module } from '@nestjs/common';
import { KeysModule } from '../keys/keys.module.js';
import { KeyProofs } from './key-proofs.js';

@Module({
  imports: [KeysModule],
  providers: [KeyProofs],
  exports: [KeyProofs],
})
export class DpopModule {}
