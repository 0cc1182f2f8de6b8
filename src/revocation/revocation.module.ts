import { Module } from '@nestjs/common';
import { RedisModule } from '../redis/redis.module.js';
import { Endings } from './endings.js';
import { Outbox } from './outbox.js';
import { RevocationMetrics } from './revocation-metrics.js';
import { Revocations } from './revocations.js';
import { TruthReads } from './truth-reads.js';
import { VerdictCache } from './verdict-cache.js';

@Module({
  imports: [RedisModule],
  providers: [Endings, Outbox, RevocationMetrics, Revocations, TruthReads, VerdictCache],
  exports: [Endings, Revocations],
})
export class RevocationModule {}
