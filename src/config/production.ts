// Finds settings that are fine on a developer's machine and insecure in production.
import { isOpenToAll, isLoopback } from './addresses.js';
import { type Security, securityOfPostgres, securityOfRedis } from './backends.js';
import { keySources } from './contradictions.js';
import type { Settings } from './settings.js';
import { tracesUrlOf } from './tracing-settings.js';

/** Only the command line may connect as the owner of the schema, to migrate it. */
export type Purpose = 'service' | 'cli';

export function insecureInProduction(values: Partial<Settings>, purpose: Purpose): string[] {
  return [
    ...insecureAddresses(values),
    ...insecureKeys(values),
    ...insecureBackends(values, purpose),
    ...insecurePasswords(values),
    ...lacksMail(values),
    ...insecureWatch(values),
    ...insecureTracing(values),
  ];
}

function insecureAddresses(values: Partial<Settings>): string[] {
  const found: string[] = [];
  if (!values.PUBLIC_URL?.startsWith('https:')) found.push('PUBLIC_URL must be set to an https origin in production');
  if (values.JWT_ISSUER && !values.JWT_ISSUER.startsWith('https:'))
    found.push('JWT_ISSUER must be https in production');
  // On Windows Tauri serves its own pages under this name, without a network.
  if (values.ALLOWED_ORIGINS?.some((allowed) => allowed.startsWith('http:') && allowed !== 'http://tauri.localhost'))
    found.push('ALLOWED_ORIGINS must be https origins in production, or those of packaged apps');
  return found;
}

function insecureKeys(values: Partial<Settings>): string[] {
  const found: string[] = [];
  if (keySources.every((name) => values[name] === undefined))
    found.push(`${keySources.join(' or ')} must be set in production: generated keys are refused`);
  for (const name of ['KEY_ENCRYPTION_KEY', 'KEY_ENCRYPTION_KEY_PREVIOUS'] as const) {
    const key = values[name];
    if (key !== undefined && isDegenerate(Buffer.from(key, 'base64')))
      found.push(`${name} must be random in production (make one with: openssl rand -base64 32)`);
  }
  const vault = values.KEY_ENCRYPTION_KEY_VAULT_URL;
  if (vault && !vault.startsWith('https:') && !isLoopback(hostOf(vault)))
    found.push('KEY_ENCRYPTION_KEY_VAULT_URL must be https in production, or on this machine');
  return found;
}

/** About one in 10^30 random keys of 32 bytes has fewer than eight different bytes. */
export const isDegenerate = (key: Buffer): boolean => new Set(key).size < 8;

function insecureBackends(values: Partial<Settings>, purpose: Purpose): string[] {
  const found: string[] = [];
  const accepted = values.INSECURE_BACKENDS ?? [];
  if (!values.DATABASE_URL)
    found.push('DATABASE_URL must be set in production: the embedded PostgreSQL is for development');
  if (values.DATABASE_OWNER_URL && purpose === 'service') {
    found.push(
      'DATABASE_OWNER_URL must not be set for the running service in production: only npm run cli -- migrate needs it',
    );
  }
  if (!accepted.includes('postgres')) {
    for (const name of ['DATABASE_URL', 'DATABASE_OWNER_URL'] as const) {
      const url = values[name];
      found.push(...wayIsOpen(name, url && securityOfPostgres(url), 'sslmode=verify-full', 'postgres'));
    }
  }
  if (!accepted.includes('redis')) {
    for (const [name, security] of waysToRedis(values))
      found.push(...wayIsOpen(name, security, name === 'REDIS_URL' ? 'rediss://' : 'REDIS_TLS=on', 'redis'));
  }
  const { METRICS_PORT: port, METRICS_HOST: host } = values;
  if (port && host && isOpenToAll(host) && !accepted.includes('metrics')) {
    found.push(
      'METRICS_HOST must not be open to every network in production: name a private address, ' +
        'or set INSECURE_BACKENDS=metrics where only a private network reaches the port',
    );
  }
  return found;
}

function wayIsOpen(name: string, security: Security | undefined | '', how: string, optOut: string): string[] {
  if (!security || security.isLocal) return [];
  const lacks = [
    ...(security.isEncrypted ? [] : [`TLS with a verified certificate (${how})`]),
    ...(security.isAuthenticated ? [] : ['a password']),
  ];
  if (lacks.length === 0) return [];
  const way = `set INSECURE_BACKENDS=${optOut} where a private network is trusted instead`;
  return [`${name} must have ${lacks.join(' and ')} in production, unless it is on this machine; ${way}`];
}

function waysToRedis(values: Partial<Settings>): [string, Security][] {
  if (values.REDIS_URL) return [['REDIS_URL', securityOfRedis(values.REDIS_URL)]];
  return (['REDIS_SENTINELS', 'REDIS_CLUSTER_NODES'] as const).flatMap((name) => {
    const nodes = values[name];
    if (!nodes) return [];
    const isLocal = nodes.every(({ host }) => isLoopback(host));
    const isAuthenticated = values.REDIS_PASSWORD !== undefined;
    return [[name, { isLocal, isEncrypted: values.REDIS_TLS === 'on', isAuthenticated }]] as [string, Security][];
  });
}

/** Where REGISTRATION is not set. */
export const registrationInProduction = ({ SMTP_URL: server }: Partial<Settings>): 'verified' | 'closed' =>
  server ? 'verified' : 'closed';

/** Without SMTP_URL production sends no mail: it prints none, because the log would hold links that work. */
function lacksMail(values: Partial<Settings>): string[] {
  const { REGISTRATION: registration, SMTP_URL: server } = values;
  if (server || registration !== 'verified') return [];
  return [
    'SMTP_URL must be set in production, with MAIL_FROM: REGISTRATION=verified needs mail ' +
      '(closed or open need none, and then nobody can reset a forgotten password)',
  ];
}

/** The least memory (KiB) per number of passes, at equal strength: OWASP Password Storage Cheat Sheet. */
const leastMemory = [Infinity, 47_104, 19_456, 12_288, 9_216, 7_168];

function insecurePasswords(values: Partial<Settings>): string[] {
  const { ARGON2_MEMORY_KIB: memory, ARGON2_PASSES: passes } = values;
  if (memory === undefined || passes === undefined) return [];
  const least = leastMemory[Math.min(passes, 5)] ?? Infinity;
  if (memory >= least) return [];
  return [
    `ARGON2_MEMORY_KIB must be at least ${least} with ARGON2_PASSES=${passes} in production ` +
      '(OWASP: 47104 with 1 pass, 19456 with 2, 12288 with 3, 9216 with 4, 7168 with 5)',
  ];
}

/** The headers of exports may hold a key of the receiver. */
function insecureTracing(values: Partial<Settings>): string[] {
  const url = tracesUrlOf(values);
  if (!values.OTEL_EXPORTER_OTLP_HEADERS || !url?.startsWith('http:') || isLoopback(hostOf(url))) return [];
  return ['OTEL_EXPORTER_OTLP_HEADERS needs an https endpoint in production, or one on this machine'];
}

const hostOf = (url: string) => new URL(url).hostname.replace(/^\[|\]$/g, '');

function insecureWatch(values: Partial<Settings>): string[] {
  const found: string[] = [];
  if (values.RATE_LIMITS === 'off') found.push('RATE_LIMITS=off is refused in production');
  if ((values.ACCESS_TOKEN_TTL_SECONDS ?? 900) < 60)
    found.push('ACCESS_TOKEN_TTL_SECONDS must be at least 60 in production');
  if (values.PASSWORD_BREACH_URL?.startsWith('http:')) found.push('PASSWORD_BREACH_URL must be https in production');
  if (values.ALERT_WEBHOOK_URL?.startsWith('http:')) found.push('ALERT_WEBHOOK_URL must be https in production');
  const { LOG_LEVEL: level } = values;
  if ((level === 'silent' || level === 'fatal') && !values.ALERT_WEBHOOK_URL)
    found.push(`LOG_LEVEL=${level} hides every alert: production needs ALERT_WEBHOOK_URL with it, or LOG_LEVEL=error`);
  return found;
}
