import { Module } from '@nestjs/common';
import { AddressModule } from './address/address.module.js';
import { ExchangeModule } from './exchange/exchange.module.js';
import { MagicModule } from './magic/magic.module.js';
import { PasskeyLoginModule } from './passkeys/passkey-login.module.js';
import { PasswordModule } from './password/password.module.js';
import { RecoveryModule } from './recovery/recovery.module.js';
import { RegistrationModule } from './registration/registration.module.js';

/** Every way to prove who one is, and to get a way back. */
@Module({
  imports: [
    AddressModule,
    ExchangeModule,
    MagicModule,
    PasskeyLoginModule,
    PasswordModule,
    RecoveryModule,
    RegistrationModule,
  ],
})
export class CredentialsModule {}
