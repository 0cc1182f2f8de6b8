import { Module } from '@nestjs/common';
import { RedisModule } from '../redis/redis.module.js';
import { Outbox } from './outbox.js';
import { RevocationMetrics } from './revocation-metrics.js';
import { Revocations } from './revocations.js';
import { TruthReads } from './truth-reads.js';
import { VerdictCache } from './verdict-cache.js';

@Module({
  imports: [RedisModule],
  providers: [Outbox, RevocationMetrics, Revocations, TruthReads, VerdictCache],
  exports: [Revocations],
})
export class RevocationModule {}
