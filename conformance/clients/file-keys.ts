// Keeps the key of bound sessions in a file, so that it outlives the process that the kit kills. An app
// keeps it where it cannot be copied (docs/clients/bound-sessions.md).
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ProofKey, ProofKeys } from '../../packages/client/src/bound.js';

export function fileKeys(path: string): ProofKeys {
  async function load(): Promise<ProofKey | undefined> {
    const text = await readFile(path, 'utf8').catch(unless('ENOENT'));
    return text === undefined ? undefined : proofKeyOf(createPrivateKey(text));
  }
  return {
    load,
    async make() {
      const kept = await load();
      if (kept) return kept;
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const draft = `${path}.${randomUUID()}`;
      await mkdir(dirname(path), { recursive: true });
      await writeFile(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
      await link(draft, path).catch(unless('EEXIST')); // another process was first
      await unlink(draft);
      return (await load()) as ProofKey;
    },
  };
}

const proofKeyOf = (privateKey: KeyObject): ProofKey => {
  const { x, y } = privateKey.export({ format: 'jwk' });
  return {
    jwk: { x: String(x), y: String(y) },
    sign: (data) => Promise.resolve(sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  };
};

const unless =
  (code: string) =>
  (error: unknown): undefined => {
    if ((error as { code?: unknown } | null)?.code !== code) throw error;
  };
