// Installs the bench's packages if one of them is missing or has another version.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bench = new URL('../', import.meta.url);
const read = (file) => JSON.parse(readFileSync(new URL(file, bench), 'utf8'));

function isThere([name, version]) {
  const manifest = `node_modules/${name}/package.json`;
  return existsSync(new URL(manifest, bench)) && read(manifest).version === version;
}

export function installIfMissing() {
  if (Object.entries(read('package.json').dependencies).every(isThere)) return;
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: fileURLToPath(bench),
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The packages of bench/ cannot be installed.');
}
