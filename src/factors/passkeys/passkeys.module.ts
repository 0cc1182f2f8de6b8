import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { KeysModule } from '../../keys/keys.module.js';
import { BrowserNonce } from './browser-nonce.js';
import { Challenges } from './challenges.js';
import { OrphanedPasskeys } from './orphaned-passkeys.js';
import { PasskeyCheck } from './passkey-check.js';
import { PasskeyOptions } from './passkey-options.js';
import { PasskeyRegistration } from './passkey-registration.js';
import { Passkeys } from './passkeys.js';
import { RelatedOriginsController } from './related-origins.controller.js';
import { SpentChallengesPurge } from './spent-challenges-purge.js';

const inside = [OrphanedPasskeys, SpentChallengesPurge];
const offered = [BrowserNonce, Challenges, PasskeyCheck, PasskeyOptions, PasskeyRegistration, Passkeys];

@Module({
  imports: [AuditModule, KeysModule],
  controllers: [RelatedOriginsController],
  providers: [...inside, ...offered],
  exports: offered,
})
export class PasskeysModule {}
