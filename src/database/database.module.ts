import { Global, Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Log } from '../telemetry/log.js';
import { Database, toDatabase } from './database.js';
import { DatabasePool } from './database-pool.js';
import { PoolMetrics } from './connections/pool-metrics.js';

@Global()
@Module({
  providers: [
    {
      provide: DatabasePool,
      inject: [Config, Log],
      useFactory: (config: Config, log: Log) => DatabasePool.open(config, log),
    },
    { provide: Database, inject: [DatabasePool], useFactory: ({ pool }: DatabasePool) => toDatabase(pool) },
    PoolMetrics,
  ],
  exports: [Database, DatabasePool],
})
export class DatabaseModule {}
