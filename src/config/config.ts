// The settings of the process, built once from the environment. Insecure combinations are refused.
import { Injectable } from '@nestjs/common';
import { contradictions } from './contradictions.js';
import { asWritten, Wrong } from './format.js';
import type { Sender } from './mail-formats.js';
import { insecureInProduction, type Purpose, registrationInProduction } from './production.js';
import { secretsInFiles } from './secret-files.js';
import { type ProviderSettings, providersOf } from './provider-file.js';
import type { Setting } from './setting.js';
import { type RelyingParty, relyingPartyOf } from './passkey-settings.js';
import { settings, type Settings } from './settings.js';
import { tracesUrlOf } from './tracing-settings.js';
import { warningsOf } from './warnings.js';

/** Lists every problem of the settings at once: names and sentences, never a value. */
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
  /** Origins that the cross-site guard treats as our own. */
  readonly ownOrigins: ReadonlySet<string>;
  readonly hasSecureCookies: boolean;
  /** Whose passkeys these are. */
  readonly relyingParty: RelyingParty;
  readonly hasApiDocs: boolean;
  readonly redisMinReplicas: number;
  /** False in a production without a mail server: then no mail is queued. */
  readonly sendsMail: boolean;
  readonly mailFrom: Sender;
  /** Without a trailing slash. */
  readonly linkBaseUrl: string;
  /** Where spans are sent; undefined while tracing is off. */
  readonly tracesUrl: string | undefined;
  /** Risks of allowed settings, logged at every start. */
  readonly warnings: readonly string[];

  /** @param upstreamProviders that people may sign in at, with their secrets */
  constructor(
    values: Settings,
    readonly upstreamProviders: readonly ProviderSettings[] = [],
  ) {
    Object.assign(this, values);
    this.isProduction = values.NODE_ENV === 'production';
    this.publicUrl = values.PUBLIC_URL ?? `http://localhost:${values.PORT}`;
    this.issuer = values.JWT_ISSUER ?? this.publicUrl;
    this.audiences = (values.JWT_AUDIENCE as [string, ...string[]] | undefined) ?? [this.issuer];
    this.registration = values.REGISTRATION ?? (this.isProduction ? registrationInProduction(values) : 'open');
    this.redisMinReplicas = values.REDIS_MIN_REPLICAS ?? (values.REDIS_SENTINELS ? 1 : 0);
    this.sendsMail = values.SMTP_URL !== undefined || !this.isProduction;
    this.mailFrom = values.MAIL_FROM ?? { name: '', address: 'watchword@localhost' };
    this.linkBaseUrl = values.LINK_BASE_URL ?? `${this.publicUrl}/account`;
    this.hasSecureCookies = this.publicUrl.startsWith('https:');
    this.relyingParty = relyingPartyOf(values);
    this.hasApiDocs = (values.API_DOCS ?? (this.isProduction ? 'off' : 'on')) === 'on';
    this.ownOrigins = new Set([
      this.publicUrl,
      ...(this.isProduction ? [] : [`http://localhost:${values.PORT}`, `http://127.0.0.1:${values.PORT}`]),
    ]);
    this.tracesUrl = tracesUrlOf(values);
    this.warnings = warningsOf(values);
    Object.freeze(this);
  }

  /** @throws ConfigError naming every problem; an empty variable counts as not set. */
  static fromEnv(
    environment: Readonly<Record<string, string | undefined>> = process.env,
    overrides: Readonly<Record<string, string>> = {},
    purpose: Purpose = 'service',
  ): Config {
    const written = { ...environment, ...overrides };
    const { secrets, problems } = secretsInFiles(written);
    const env = { ...written, ...secrets };
    const values: Record<string, unknown> = {};
    for (const [name, { schema, isVerbatim = false }] of Object.entries(settings) as [string, Setting][]) {
      const text = asWritten(env[name], isVerbatim);
      if (text instanceof Wrong) {
        problems.push(`${name} ${text.sentence}`);
        continue;
      }
      const parsed = schema.safeParse(text);
      if (parsed.success) values[name] = parsed.data;
      else problems.push(`${name} ${parsed.error.issues.map((issue) => sentence(issue.message)).join('; ')}`);
    }
    const usable = values as Partial<Settings>;
    problems.push(...contradictions(usable));
    const isProduction = usable.NODE_ENV === 'production';
    if (isProduction) problems.push(...insecureInProduction(usable, purpose));
    const upstream = providersOf(usable.UPSTREAM_PROVIDERS ?? [], { env, isProduction });
    problems.push(...upstream.problems);
    if (problems.length > 0) throw new ConfigError(problems);
    return new Config(usable as Settings, upstream.providers);
  }
}

/** zod's messages start with a capital; ours continue the sentence that the setting's name begins. */
const sentence = (message: string) => (/^[A-Z]/.test(message) ? `is not usable: ${message}` : message);
