// How is Redis reached, and how long is it waited for? A part of settings.ts.
import * as z from 'zod';
import { redisUrl } from './backends.js';
import { hostAndPort, integer, list } from './formats.js';
import type { Setting } from './setting.js';

export const redisSettings = {
  REDIS_URL: {
    schema: redisUrl.optional(),
    secret: true,
    about:
      'redis://, rediss:// or unix:///path/to/socket URL of one server: verdicts are then read from it. Without any Redis PostgreSQL gives each verdict.',
  },
  REDIS_SENTINELS: {
    schema: list(hostAndPort).optional(),
    about: 'host:port of the Sentinels, separated by commas, instead of REDIS_URL.',
  },
  REDIS_SENTINEL_NAME: {
    schema: z.string().min(1).default('mymaster'),
    standard: 'mymaster',
    about: 'What the Sentinels call the primary.',
  },
  REDIS_SENTINEL_PASSWORD: {
    schema: z.string().min(1).optional(),
    secret: true,
    isVerbatim: true,
    about: 'Password of the Sentinels.',
  },
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
  REDIS_TLS: {
    schema: z.enum(['on', 'off']).default('off'),
    standard: 'off',
    about: 'With Sentinels or a Cluster; for REDIS_URL its rediss:// says it.',
  },
  REDIS_CA_FILE: {
    schema: z.string().min(1).optional(),
    about: 'Certificate authority (PEM) that the Redis certificates are checked against; else the system’s.',
  },
  REDIS_MIN_REPLICAS: {
    schema: integer(0, 5).optional(),
    standard: '0; with Sentinels 1',
    about: 'Replicas that must have heard of a revocation before it is answered.',
  },
  REDIS_TIMEOUT_MS: {
    schema: integer(5, 5_000).default(50),
    standard: '50',
    about: 'How long a check waits for Redis before it asks PostgreSQL.',
  },
  VERDICT_TIMEOUT_MS: {
    schema: integer(50, 10_000).default(1_000),
    standard: '1000',
    about: 'How long a check that Redis could not decide waits for PostgreSQL before it answers 503.',
  },
  REVOCATION_CACHE: {
    schema: z.enum(['use', 'invalidate']).default('use'),
    standard: 'use',
    about:
      '`invalidate`: revocations are told to Redis, verdicts still come from PostgreSQL. The first of two steps to switch Redis on.',
  },
} satisfies Record<string, Setting>;
