// Chooses the store of volumes: Redis, insured by PostgreSQL, or PostgreSQL alone. Never memory alone.
import { Injectable } from '@nestjs/common';
import { getTableName } from 'drizzle-orm';
import { type RateLimiterAbstract, RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import { Database, poolOf } from '../database/database.js';
import { rateLimits } from '../database/schema/limits.js';
import { Redis } from '../redis/redis.js';
import { Metrics } from '../telemetry/metrics.js';

interface Query {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

@Injectable()
export class LimitStores {
  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
    metrics: Metrics,
  ) {
    metrics.watch(
      'watchword_limit_store',
      'Where volumes are counted: 1',
      () => {
        const isRedis = redis.isConfigured && redis.isUp;
        return { redis: Number(isRedis), postgres: Number(!isRedis) };
      },
      'store',
    );
  }

  limiter(name: string, points: number, duration: number): RateLimiterAbstract {
    const options = { keyPrefix: name, points, duration };
    const postgres = new RateLimiterPostgres({
      ...options,
      storeClient: this.client(),
      storeType: 'client',
      tableName: getTableName(rateLimits),
      tableCreated: true,
      clearExpiredByTimeout: false, // its DELETE reads the whole table: limits-purge.ts does it
    });
    const storeClient = this.redis.client;
    if (!storeClient) return postgres;
    return new RateLimiterRedis({ ...options, storeClient, rejectIfRedisNotReady: true, insuranceLimiter: postgres });
  }

  /** The library names every statement: behind a pooler in transaction mode nobody would find it again. */
  private client() {
    const pool = poolOf(this.database);
    return { query: ({ name, ...query }: Query) => pool.query(pool.keepsPlans ? { name, ...query } : query) };
  }
}
