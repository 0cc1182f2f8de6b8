// What is this process told to do? Built once from the environment; refuses what would be insecure.
import { Injectable } from '@nestjs/common';
import type { Setting } from './setting.js';
import { settings, type Settings } from './settings.js';

/** Lists everything that is wrong with the settings at once. Never holds a value, only names and sentences. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The settings are not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the constructor copies every setting
export interface Config extends Settings {}

@Injectable()
export class Config {
  readonly isProduction: boolean;
  /** The origin that clients see, such as https://auth.example.com. */
  readonly publicUrl: string;
  readonly issuer: string;
  readonly audiences: readonly [string, ...string[]];
  readonly registration: 'open' | 'closed' | 'verified';
  /** Origins that count as ourselves in the CSRF check. */
  readonly ownOrigins: ReadonlySet<string>;
  readonly hasSecureCookies: boolean;
  readonly redisMinReplicas: number;

  constructor(values: Settings) {
    Object.assign(this, values);
    this.isProduction = values.NODE_ENV === 'production';
    this.publicUrl = values.PUBLIC_URL ?? `http://localhost:${values.PORT}`;
    this.issuer = values.JWT_ISSUER ?? this.publicUrl;
    this.audiences = (values.JWT_AUDIENCE as [string, ...string[]] | undefined) ?? [this.issuer];
    this.registration = values.REGISTRATION ?? (this.isProduction ? 'closed' : 'open');
    this.redisMinReplicas = values.REDIS_MIN_REPLICAS ?? (values.REDIS_SENTINELS ? 1 : 0);
    this.hasSecureCookies = this.publicUrl.startsWith('https:');
    this.ownOrigins = new Set([
      this.publicUrl,
      ...(this.isProduction ? [] : [`http://localhost:${values.PORT}`, `http://127.0.0.1:${values.PORT}`]),
    ]);
    Object.freeze(this);
  }

  /** @throws ConfigError naming every problem; an empty variable counts as not set. */
  static fromEnv(
    environment: Readonly<Record<string, string | undefined>> = process.env,
    overrides: Readonly<Record<string, string>> = {},
  ): Config {
    const env = { ...environment, ...overrides };
    const problems: string[] = [];
    const values: Record<string, unknown> = {};
    for (const [name, { schema }] of Object.entries(settings) as [string, Setting][]) {
      const parsed = schema.safeParse(env[name] === '' ? undefined : env[name]);
      if (parsed.success) values[name] = parsed.data;
      else problems.push(`${name} ${parsed.error.issues.map((issue) => sentence(issue.message)).join('; ')}`);
    }
    const usable = values as Partial<Settings>;
    problems.push(...contradictions(usable));
    if (usable.NODE_ENV === 'production') problems.push(...insecureInProduction(usable));
    if (problems.length > 0) throw new ConfigError(problems);
    return new Config(usable as Settings);
  }
}

/** zod's own sentences start with "Invalid …"; ours with "must …". */
const sentence = (message: string) => (message.startsWith('must') ? message : `is not usable: ${message}`);

function contradictions(values: Partial<Settings>): string[] {
  const found: string[] = [];
  const { REFRESH_IDLE_DAYS: idle, REFRESH_REMEMBER_DAYS: remember, REFRESH_ABSOLUTE_DAYS: absolute } = values;
  if (idle && remember && remember < idle) found.push('REFRESH_REMEMBER_DAYS must not be less than REFRESH_IDLE_DAYS');
  if (remember && absolute && absolute < remember) {
    found.push('REFRESH_ABSOLUTE_DAYS must not be less than REFRESH_REMEMBER_DAYS');
  }
  const ways = [values.REDIS_URL, values.REDIS_SENTINELS, values.REDIS_CLUSTER_NODES];
  if (ways.filter((way) => way !== undefined).length > 1) {
    found.push('REDIS_URL, REDIS_SENTINELS and REDIS_CLUSTER_NODES are ways to different kinds of Redis: set one');
  }
  if (values.ALERT_WEBHOOK_URL && !values.ALERT_WEBHOOK_SECRET) {
    found.push('ALERT_WEBHOOK_URL needs ALERT_WEBHOOK_SECRET: an unsigned alert is worth nothing');
  }
  found.push(...contradictionsOfKeys(values));
  if (values.REGISTRATION === 'verified') {
    found.push('REGISTRATION=verified needs email verification, which is not built yet: use open or closed');
  }
  const { COOKIE_DOMAIN: domain, PUBLIC_URL: url } = values;
  if (domain && url) {
    const host = new URL(url).hostname;
    if (host !== domain && !host.endsWith(`.${domain}`)) {
      found.push('COOKIE_DOMAIN must be the host of PUBLIC_URL or a parent of it');
    }
  }
  return found;
}

/** Where the key-encryption key may come from: at most one of them. */
const keySources = [
  'KEY_ENCRYPTION_KEY',
  'KEY_ENCRYPTION_KEY_FILE',
  'KEY_ENCRYPTION_KEY_AWS_SECRET',
  'KEY_ENCRYPTION_KEY_VAULT_URL',
] as const satisfies (keyof Settings)[];

function contradictionsOfKeys(values: Partial<Settings>): string[] {
  const found: string[] = [];
  const sources = keySources.filter((name) => values[name] !== undefined);
  if (sources.length > 1) found.push(`${sources.join(' and ')} are set together: set one`);
  if (values.KEY_ENCRYPTION_KEY_PREVIOUS && values.KEY_ENCRYPTION_KEY_PREVIOUS_FILE) {
    found.push('KEY_ENCRYPTION_KEY_PREVIOUS and KEY_ENCRYPTION_KEY_PREVIOUS_FILE are both set: set one');
  }
  if (values.KEY_ENCRYPTION_KEY_VAULT_URL && !values.VAULT_TOKEN === !values.VAULT_TOKEN_FILE) {
    found.push('KEY_ENCRYPTION_KEY_VAULT_URL needs VAULT_TOKEN or VAULT_TOKEN_FILE: set one');
  }
  const { KEY_ROTATION_DAYS: days, KEY_PUBLISH_AHEAD_SECONDS: ahead } = values;
  if (days && ahead && ahead > days * 86_400) {
    found.push('KEY_PUBLISH_AHEAD_SECONDS must not be longer than KEY_ROTATION_DAYS');
  }
  return found;
}

function insecureInProduction(values: Partial<Settings>): string[] {
  const found: string[] = [];
  if (!values.PUBLIC_URL?.startsWith('https:')) found.push('PUBLIC_URL must be set to an https origin in production');
  if (values.JWT_ISSUER && !values.JWT_ISSUER.startsWith('https:'))
    found.push('JWT_ISSUER must be https in production');
  if (!values.DATABASE_URL) {
    found.push('DATABASE_URL must be set in production: the embedded PostgreSQL is for development');
  }
  if (keySources.every((name) => values[name] === undefined)) {
    found.push(`${keySources.join(' or ')} must be set in production: generated keys are refused`);
  }
  const vault = values.KEY_ENCRYPTION_KEY_VAULT_URL;
  if (vault && !/^(https:|http:\/\/(127\.0\.0\.1|\[::1\]|localhost)[:/])/.test(vault)) {
    found.push('KEY_ENCRYPTION_KEY_VAULT_URL must be https in production, or on this machine');
  }
  if (values.RATE_LIMITS === 'off') found.push('RATE_LIMITS=off is refused in production');
  if ((values.ACCESS_TOKEN_TTL_SECONDS ?? 900) < 60) {
    found.push('ACCESS_TOKEN_TTL_SECONDS must be at least 60 in production');
  }
  if (values.ALERT_WEBHOOK_URL?.startsWith('http:')) found.push('ALERT_WEBHOOK_URL must be https in production');
  if (values.ALLOWED_ORIGINS?.some((allowed) => !allowed.startsWith('https:'))) {
    found.push('ALLOWED_ORIGINS must be https origins in production');
  }
  return found;
}
