// The key-encryption key from Vault's KV v2 engine, over its HTTP API. The version before the
// present one still opens.
import * as z from 'zod';
import type { StoredKey } from './key-encryption-key.js';

const FIELD = 'key_encryption_key';
const TIMEOUT_MS = 5_000;

/** https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version */
const answer = z.object({
  data: z.object({ data: z.object({ [FIELD]: z.string() }), metadata: z.object({ version: z.number().int() }) }),
});

/** @param url of the secret, such as https://vault.example.com/v1/secret/data/watchword */
export async function readVaultSecret(url: string, token: string, namespace?: string): Promise<StoredKey> {
  const headers = {
    'x-vault-token': token,
    'x-vault-request': 'true',
    ...(namespace && { 'x-vault-namespace': namespace }),
  };
  const current = await read(url, headers);
  if (current === undefined) throw new Error(`${url} holds no secret, or its newest version was deleted.`);
  const { version } = current;
  // A version that was deleted, or pruned, answers 404.
  const previous = version > 1 ? await read(`${url}?version=${version - 1}`, headers) : undefined;
  return { current: current.text, previous: previous?.text };
}

async function read(url: string, headers: Record<string, string>) {
  // A redirect would carry the token to the server that it names.
  const options = { headers, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) } as const;
  const response = await fetch(url, options).catch((cause: unknown) => {
    throw new Error(`Vault does not answer at ${url}.`, { cause });
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`Vault answers ${response.status} for ${url}: is the token allowed to read it?`);
  const { data } = answer.safeParse(await response.json().catch(() => undefined));
  if (!data) throw new Error(`${url} must hold the field ${FIELD}.`);
  return { text: data.data.data[FIELD].trim(), version: data.data.metadata.version };
}
