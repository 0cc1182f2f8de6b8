// Defines every setting: its format, default and meaning. docs/settings.md and .env.example are generated from it.
import * as z from 'zod';
import { accountPageSettings } from './account-page-settings.js';
import { postgresUrl } from './backends.js';
import { factorSettings } from './factor-settings.js';
import { audience, httpUrl, integer, issuer, list, webhookSecret } from './formats.js';
import { httpSettings } from './http-settings.js';
import { keySettings } from './key-settings.js';
import { limitSettings } from './limit-settings.js';
import { brandSettings } from './brand-settings.js';
import { mailSettings } from './mail-settings.js';
import { movingSettings } from './moving-settings.js';
import { passkeySettings } from './passkey-settings.js';
import { passwordSettings } from './password-settings.js';
import { redisSettings } from './redis-settings.js';
import { fileOf } from './secret-files.js';
import type { Setting } from './setting.js';
import { tracingSettings } from './tracing-settings.js';
import { upstreamSettings } from './upstream-settings.js';

/** In the order of docs/settings.md. config.ts computes the defaults that depend on other settings. */
export const settings = {
  NODE_ENV: {
    schema: z.enum(['development', 'test', 'production']).default('development'),
    standard: 'development',
    about: '`production` refuses every insecure combination below.',
  },
  ...httpSettings,
  JWT_ISSUER: {
    schema: issuer.optional(),
    standard: 'PUBLIC_URL',
    about:
      'The `iss` claim. If it has a path, the metadata is also served at the addresses of RFC 8414 §3 and OpenID Discovery.',
  },
  JWT_AUDIENCE: {
    schema: list(audience)
      .refine((values) => values.length > 0, 'must name at least one audience')
      .optional(),
    standard: 'JWT_ISSUER',
    about: 'The `aud` claim; several are separated by commas. Watchword itself requires the first one.',
  },
  DATABASE_URL: {
    schema: postgresUrl.optional(),
    standard: 'embedded PostgreSQL',
    secret: true,
    about:
      'postgres:// URL, also of several hosts as in libpq (`postgres://user:password@h1:5432,h2:5432/db`): the one that takes writes is used (docs/operations/postgresql.md). Without it an embedded PostgreSQL runs under DATA_DIR; production requires it.',
  },
  DATABASE_URL_FILE: fileOf('DATABASE_URL'),
  DATABASE_OWNER_URL: {
    schema: postgresUrl.optional(),
    standard: 'DATABASE_URL',
    secret: true,
    about:
      'The same database as the role that owns the schema. Only `npm run cli -- migrate` uses it: a running production refuses it.',
  },
  DATABASE_OWNER_URL_FILE: fileOf('DATABASE_OWNER_URL'),
  DATABASE_POOL_SIZE: {
    schema: integer(2, 200).default(10),
    standard: '10',
    about: 'Maximum number of connections per instance, one of which watches whether the primary answers.',
  },
  DATABASE_PREPARED_STATEMENTS: {
    schema: z.enum(['on', 'off']).default('on'),
    standard: 'on',
    about:
      '`off` behind a pooler in transaction mode; the settings of the role then apply (docs/operations/postgresql.md).',
  },
  DATA_DIR: {
    schema: z.string().min(1).default('.data'),
    standard: '.data',
    about: 'Folder of the embedded PostgreSQL.',
  },
  ...redisSettings,
  INSECURE_BACKENDS: {
    schema: list(z.enum(['postgres', 'redis', 'metrics', 'smtp'])).default([]),
    about:
      'Backends that production may use without TLS and a password, on a private network only: `postgres`, `redis`, `metrics`, `smtp`. Each start logs a warning.',
  },
  AUDIT_RETENTION_MONTHS: {
    schema: integer(3, 120).default(13),
    standard: '13',
    about: 'How many whole months of `audit_events` are kept.',
  },
  REGISTRATION: {
    schema: z.enum(['open', 'closed', 'verified']).optional(),
    standard: 'open; in production verified, closed without SMTP_URL',
    about:
      'Who may register. `open`: everybody, at once. `verified`: everybody, and the account opens nothing before its address is verified by mail; the answer does not tell who has an account. `closed`: nobody.',
  },
  ACCESS_TOKEN_TTL_SECONDS: {
    schema: integer(5, 900).default(900),
    standard: '900',
    about: 'Life of an access token; at least 60 in production.',
  },
  STEP_UP_MAX_AGE_SECONDS: {
    schema: integer(60, 86_400).default(300),
    standard: '300',
    about:
      'How old a sign-in may be for the gravest acts, such as deleting the account; else a new proof is asked for.',
  },
  ...factorSettings,
  ...upstreamSettings,
  ...movingSettings,
  REFRESH_IDLE_DAYS: {
    schema: integer(1, 365).default(30),
    standard: '30',
    about: 'A session ends after this many days without a refresh.',
  },
  REFRESH_REMEMBER_DAYS: {
    schema: integer(1, 365).default(90),
    standard: '90',
    about: 'The same for a session that was started with `remember`.',
  },
  REFRESH_ABSOLUTE_DAYS: {
    schema: integer(1, 3650).default(365),
    standard: '365',
    about: 'A session ends after this many days even if it is in use.',
  },
  REFRESH_GRACE_SECONDS: {
    schema: integer(0, 300).default(60),
    standard: '60',
    about: 'How long a used refresh token can be retried; 0 disables retries.',
  },
  REFRESH_GRACE_BOUND_SECONDS: {
    schema: integer(0, 300).default(300),
    standard: '300',
    about: 'The same for a session that is bound to a key: only that key can retry (docs/protocols/bound-refresh.md).',
  },
  REQUIRE_BOUND_SESSIONS: {
    schema: z.enum(['none', 'bearer']).default('none'),
    standard: 'none',
    about:
      '`bearer` refuses a sign-in over the bearer transport without a proof of a key (RFC 9449). Sessions from before go on.',
  },
  ACCESS_TOKEN_BINDING: {
    schema: z.enum(['off', 'on']).default('off'),
    standard: 'off',
    about:
      '`on` binds the access tokens of bound sessions to the same key: they count only under the scheme `DPoP` with a proof (docs/protocols/bound-refresh.md). Upgrade every instance and sibling first.',
  },
  REFRESH_REUSE_MODE: {
    schema: z.enum(['enforce', 'observe']).default('enforce'),
    standard: 'enforce',
    about:
      '`observe` records a reused refresh token and alerts, but ends no session. Use it only while you adopt Watchword.',
  },
  ALERT_WEBHOOK_URL: {
    schema: httpUrl.optional(),
    about: 'URL that receives alerts (Standard Webhooks); https in production. Alerts are always logged, too.',
  },
  ALERT_WEBHOOK_SECRET: {
    schema: webhookSecret.optional(),
    secret: true,
    about: 'Signs alerts: `whsec_` and 24 to 64 bytes in base64. Required with ALERT_WEBHOOK_URL.',
  },
  ALERT_WEBHOOK_SECRET_FILE: fileOf('ALERT_WEBHOOK_SECRET'),
  RATE_LIMITS: {
    schema: z.enum(['on', 'off']).default('on'),
    standard: 'on',
    about: '`off` is for load tests: no limit of this page holds then. Refused in production.',
  },
  ...limitSettings,
  ...passwordSettings,
  ...passkeySettings,
  ...accountPageSettings,
  ...mailSettings,
  ...brandSettings,
  ...keySettings,
  DRAIN_SECONDS: {
    schema: integer(0, 5).default(1),
    standard: '1',
    about: 'How long /health/ready answers 503 after SIGTERM before the port closes. Requests in flight then finish.',
  },
  LOG_LEVEL: {
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
    standard: 'info',
    about: 'The lowest level that is logged. Production refuses `fatal` and `silent` without ALERT_WEBHOOK_URL.',
  },
  ...tracingSettings,
} satisfies Record<string, Setting>;

export type Settings = { readonly [K in keyof typeof settings]: z.output<(typeof settings)[K]['schema']> };
