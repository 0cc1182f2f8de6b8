// The figures of the connection pool.
import { Injectable } from '@nestjs/common';
import { Metrics } from '../../telemetry/metrics.js';
import { DatabasePool } from '../database-pool.js';

@Injectable()
export class PoolMetrics {
  constructor(metrics: Metrics, { pool }: DatabasePool) {
    metrics.watch('watchword_database_connections', 'Connections of the pool, and requests that wait for one', () => ({
      open: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }));
  }
}
