// The settings of Redis. A part of settings.ts.
import * as z from 'zod';
import { redisUrl } from './backends.js';
import { hostAndPort, integer, list } from './formats.js';
import { fileOf } from './secret-files.js';
import type { Setting } from './setting.js';

export const redisSettings = {
  REDIS_URL: {
    schema: redisUrl.optional(),
    secret: true,
    about:
      'redis://, rediss:// or unix:///path/to/socket URL of one server, which then caches verdicts. Without Redis every verdict comes from PostgreSQL.',
  },
  REDIS_URL_FILE: fileOf('REDIS_URL'),
  REDIS_SENTINELS: {
    schema: list(hostAndPort).optional(),
    about: 'host:port of the Sentinels, separated by commas, instead of REDIS_URL.',
  },
  REDIS_SENTINEL_NAME: {
    schema: z.string().min(1).default('mymaster'),
    standard: 'mymaster',
    about: 'The name of the primary at the Sentinels.',
  },
  REDIS_SENTINEL_PASSWORD: {
    schema: z.string().min(1).optional(),
    secret: true,
    isVerbatim: true,
    about: 'Password of the Sentinels.',
  },
  REDIS_SENTINEL_PASSWORD_FILE: fileOf('REDIS_SENTINEL_PASSWORD'),
  REDIS_CLUSTER_NODES: {
    schema: list(hostAndPort).optional(),
    about: 'host:port of some nodes of a Redis Cluster, separated by commas, instead of REDIS_URL.',
  },
  REDIS_USERNAME: {
    schema: z.string().min(1).optional(),
    about: 'With Sentinels or a Cluster; REDIS_URL carries its own.',
  },
  REDIS_PASSWORD: {
    schema: z.string().min(1).optional(),
    secret: true,
    isVerbatim: true,
    about: 'With Sentinels or a Cluster; REDIS_URL carries its own.',
  },
  REDIS_PASSWORD_FILE: fileOf('REDIS_PASSWORD'),
  REDIS_TLS: {
    schema: z.enum(['on', 'off']).default('off'),
    standard: 'off',
    about: 'With Sentinels or a Cluster; REDIS_URL uses rediss:// instead.',
  },
  REDIS_CA_FILE: {
    schema: z.string().min(1).optional(),
    about: "Certificate authority (PEM) that verifies the certificates of Redis; by default the system's.",
  },
  REDIS_MIN_REPLICAS: {
    schema: integer(0, 5).optional(),
    standard: '0; with Sentinels 1',
    about: 'Replicas that must have received a revocation before it is answered.',
  },
  REDIS_TIMEOUT_MS: {
    schema: integer(5, 5_000).default(50),
    standard: '50',
    about: 'How long a check waits for Redis before it queries PostgreSQL.',
  },
  VERDICT_TIMEOUT_MS: {
    schema: integer(50, 10_000).default(1_000),
    standard: '1000',
    about: 'How long a check waits for PostgreSQL before it answers 503.',
  },
  REVOCATION_CACHE: {
    schema: z.enum(['use', 'invalidate']).default('use'),
    standard: 'use',
    about:
      '`invalidate`: Redis receives revocations, but verdicts still come from PostgreSQL. The first of two steps to switch Redis on.',
  },
} satisfies Record<string, Setting>;
