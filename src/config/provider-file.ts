// Reads the file of UPSTREAM_PROVIDERS: which providers people may sign in at, and how far each is trusted.
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { roleName } from './factor-settings.js';
import { format, Wrong } from './format.js';

const issuer = z
  .string()
  .refine(
    (text) => /^https?:\/\/[^\s?#"'<>\\]+$/.test(text) && URL.canParse(text) && !new URL(text).username,
    'must be an http(s) URL without a query, a fragment or credentials, byte for byte as the provider names itself',
  );

const roleMap = z.strictObject({
  /** A claim whose value is a text or a list of texts. */
  claim: z.string().min(1),
  /** From a value of the claim to a role. Somebody with none of them has the role `user`; with several, the last one of ROLES. */
  map: z.record(z.string().min(1), roleName),
});

const secondFactor = z.strictObject({
  claim: z.enum(['acr', 'amr']),
  /** Any of them in the claim says that the provider asked for two factors. */
  values: z.array(z.string().min(1)).min(1),
});

const entry = z.strictObject({
  /** In addresses: it cannot change without the provider's redirect address. */
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be 1 to 32 of a-z, 0-9 and -, such as authentik')
    .refine((name) => name !== 'exchange', 'must be another name: a route of ours has this one'),
  /** On the button. */
  label: z.string().trim().min(1).max(40),
  issuer,
  clientId: z.string().min(1).max(255),
  clientSecretEnv: z.string().min(1).optional(),
  clientSecretFile: z.string().min(1).optional(),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be names of scopes'))
    .default(['openid', 'profile', 'email'])
    .refine((scopes) => scopes.includes('openid'), 'must contain openid'),
  /** May somebody whom we do not know get an account by signing in there? */
  allowSignUp: z.boolean().default(false),
  /** Is an address verified because the provider's `email_verified` is true? */
  trustEmailVerified: z.boolean().default(false),
  roles: roleMap.optional(),
  secondFactor: secondFactor.optional(),
  /** Is our sign-in page registered there as an address to return to after a logout? */
  returnAfterLogout: z.boolean().default(false),
  /** Caps the absolute life of sessions that began there. */
  maxSessionHours: z.int().min(1).max(8_760).optional(),
});

export type ProviderEntry = z.output<typeof entry>;

/** A provider with its secret. */
export type ProviderSettings = Readonly<
  Omit<ProviderEntry, 'clientSecretEnv' | 'clientSecretFile'> & { readonly clientSecret: string }
>;

/** The text of the setting is a path; its problems name the provider and the field, and never a value. */
export const providerFile = format((path): readonly ProviderEntry[] | Wrong => {
  const json = jsonOf(path);
  if (json instanceof Wrong) return json;
  const parsed = z.array(entry).safeParse(json);
  if (!parsed.success) return new Wrong(parsed.error.issues.map((issue) => sentenceOf(issue, json)).join('; '));
  for (const name of ['id', 'issuer'] as const)
    if (new Set(parsed.data.map((provider) => provider[name])).size < parsed.data.length)
      return new Wrong(`names two providers with the same ${name}`);
  return parsed.data;
});

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return new Wrong('must name a file with JSON');
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return new Wrong(`must name a file that can be read (${code})`);
  }
}

const anyEntries = z.array(z.object({ id: z.string() }).catch({ id: '' }));

function sentenceOf({ path, message }: z.core.$ZodIssue, json: unknown): string {
  const [at, ...field] = path;
  const id = typeof at === 'number' ? anyEntries.safeParse(json).data?.[at]?.id : undefined;
  const where = typeof at === 'number' ? `provider ${id || at + 1}` : 'the file';
  return `has a mistake: ${[where, field.join('.')].filter((part) => part !== '').join(', ')}: ${message}`;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns the providers with their secrets, and a sentence for each that cannot be used */
export function providersOf(
  entries: readonly ProviderEntry[],
  { env, isProduction }: { readonly env: Environment; readonly isProduction: boolean },
): { providers: ProviderSettings[]; problems: string[] } {
  const problems: string[] = [];
  const providers = entries.map(({ clientSecretEnv, clientSecretFile, ...settings }) => {
    const secret = secretOf(clientSecretEnv, clientSecretFile, env);
    const where = `UPSTREAM_PROVIDERS, provider ${settings.id}:`;
    if (secret instanceof Wrong) problems.push(`${where} ${secret.sentence}`);
    if (isProduction && !settings.issuer.startsWith('https:')) problems.push(`${where} issuer must be https`);
    return { ...settings, clientSecret: secret instanceof Wrong ? '' : secret };
  });
  return { providers, problems };
}

function secretOf(name: string | undefined, file: string | undefined, env: Environment): string | Wrong {
  if ((name === undefined) === (file === undefined))
    return new Wrong('set clientSecretEnv or clientSecretFile, not both');
  if (name !== undefined) return env[name] || new Wrong(`the variable of clientSecretEnv, ${name}, is not set`);
  try {
    return readFileSync(file ?? '', 'utf8').replace(/\r?\n$/, '') || new Wrong('clientSecretFile is empty');
  } catch {
    return new Wrong(`clientSecretFile cannot be read: ${file}`);
  }
}
