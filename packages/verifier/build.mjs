// Builds dist/ with the compiler: ES modules and CommonJS, each with its types and its copy of the contract.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const dist = join(here, 'dist');

rmSync(dist, { recursive: true, force: true });
for (const [project, type] of [
  ['tsconfig.json', 'module'],
  ['tsconfig.cjs.json', 'commonjs'],
]) {
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(here, project)], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
  const folder = join(dist, type === 'module' ? 'esm' : 'cjs');
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ type, sideEffects: false })}\n`);
}
