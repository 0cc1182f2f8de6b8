// Bundles our own client for the kit, so that a process of it starts in a moment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** @param isBound whether its sessions are bound to a key */
export async function ourClient(isBound = false): Promise<{ readonly command: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-our-client-'));
  const outfile = join(folder, 'client.mjs');
  const entry = fileURLToPath(new URL('./watchword.ts', import.meta.url));
  await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', target: 'node20.19', outfile });
  return {
    command: `"${process.execPath}" "${outfile}"${isBound ? ' --bound' : ''}`,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
