import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { Config } from '../config/config.js';
import { DerivedKeys } from './derived-keys.js';
import { KeyEncryption } from './key-encryption.js';
import { loadKeyEncryption } from './key-encryption-key.js';
import { KeyStore } from './key-store.js';
import { Rewrap } from './rewrap.js';
import { SigningKeysModule } from './signing-keys.module.js';

/** For the service and the commands that open or seal keys. Fetches the key-encryption key. */
@Module({
  imports: [AuditModule, SigningKeysModule],
  providers: [
    { provide: KeyEncryption, inject: [Config], useFactory: loadKeyEncryption },
    KeyStore,
    DerivedKeys,
    Rewrap,
  ],
  exports: [KeyEncryption, KeyStore, DerivedKeys, Rewrap, SigningKeysModule],
})
export class KeyStoreModule {}
