import { Module } from '@nestjs/common';
import { JwksController } from './jwks.controller.js';
import { KeyRing } from './key-ring.js';
import { KeyStoreModule } from './key-store.module.js';
import { KeyWatch } from './key-watch.js';

@Module({
  imports: [KeyStoreModule],
  controllers: [JwksController],
  providers: [KeyRing, KeyWatch],
  exports: [KeyRing, KeyStoreModule],
})
export class KeysModule {}
