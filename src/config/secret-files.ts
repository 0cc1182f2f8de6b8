// Takes secrets from files, such as Docker or Kubernetes secrets: `DATABASE_URL_FILE` stands for `DATABASE_URL`.
import { readFileSync } from 'node:fs';
import * as z from 'zod';

/** KEY_ENCRYPTION_KEY_FILE and VAULT_TOKEN_FILE are read where they are used. */
const inFiles = [
  'DATABASE_URL',
  'DATABASE_OWNER_URL',
  'REDIS_URL',
  'REDIS_PASSWORD',
  'REDIS_SENTINEL_PASSWORD',
  'ALERT_WEBHOOK_SECRET',
  'SMTP_URL',
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const;

export const fileOf = (name: (typeof inFiles)[number]) => ({
  schema: z.string().min(1).optional(),
  about: `A file that holds ${name} instead, such as a Docker or Kubernetes secret; read at the start.`,
});

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns what the files hold, by the name of the setting, and a sentence for each that cannot be used */
export function secretsInFiles(env: Environment): { secrets: Record<string, string>; problems: string[] } {
  const secrets: Record<string, string> = {};
  const problems: string[] = [];
  for (const name of inFiles) {
    const file = env[`${name}_FILE`]?.trim();
    if (!file) continue;
    if (env[name]) problems.push(`${name} and ${name}_FILE are both set: set one`);
    else {
      try {
        secrets[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
        if (!secrets[name]) problems.push(`${name}_FILE is empty`);
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
        problems.push(`${name}_FILE cannot be read (${code})`);
      }
    }
  }
  return { secrets, problems };
}
