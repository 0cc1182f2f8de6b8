import { Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import { KeyEncryption } from './key-encryption.js';
import { loadKeyEncryption } from './key-encryption-key.js';
import { KeyStore } from './key-store.js';
import { Rewrap } from './rewrap.js';
import { SigningKeys } from './signing-keys.js';

/** Whoever opens or seals: the service, and the commands that do. Fetches the key-encryption key. */
@Module({
  providers: [
    { provide: KeyEncryption, inject: [Config], useFactory: loadKeyEncryption },
    SigningKeys,
    KeyStore,
    Rewrap,
  ],
  exports: [KeyStore, Rewrap, SigningKeys],
})
export class KeyStoreModule {}
