import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { RedisModule } from '../redis/redis.module.js';
import { Admission } from './admission.js';
import { CodeGuesses } from './code-guesses.js';
import { GuessLanes } from './guess-lanes.js';
import { Guesses } from './guesses.js';
import { KnownDevices } from './known-devices.js';
import { LimitStores } from './limit-stores.js';
import { LimitsPurge } from './limits-purge.js';
import { MailLimit } from './mail-limit.js';
import { SprayAlarm } from './spray-alarm.js';
import { Spray } from './spray.js';
import { UnlockModule } from './unlock.module.js';
import { VolumeLimit } from './volume-limit.js';

@Module({
  imports: [AuditModule, KeysModule, RedisModule, UnlockModule],
  providers: [
    ...[Admission, CodeGuesses, GuessLanes, Guesses, KnownDevices, LimitStores, LimitsPurge],
    ...[MailLimit, Spray, SprayAlarm, VolumeLimit],
  ],
  exports: [CodeGuesses, Guesses, KnownDevices, MailLimit, VolumeLimit],
})
export class LimitsModule {}
