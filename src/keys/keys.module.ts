import { Global, Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import { JwksController } from './jwks.controller.js';
import { KeyEncryption } from './key-encryption.js';
import { KeyRing } from './key-ring.js';
import { KeyStore } from './key-store.js';

@Global()
@Module({
  controllers: [JwksController],
  providers: [
    { provide: KeyEncryption, inject: [Config], useFactory: (config: Config) => KeyEncryption.fromConfig(config) },
    KeyStore,
    KeyRing,
  ],
  exports: [KeyRing, KeyStore],
})
export class KeysModule {}
