// Builds dist/ if the sources changed since; two may do so at once, and a kill in between leaves no half build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampOf = (folder) => join(folder, '.built-from');

/** A digest of everything that the build reads. */
function fingerprint() {
  const digest = createHash('sha256');
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map(String).toSorted();
  const inputs = sources.filter((file) => /\.(ts|lua)$/.test(file)).map((file) => join('src', file));
  for (const file of [...inputs, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']) {
    if (existsSync(join(root, file))) digest.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return digest.digest('hex');
}

/** @returns {void} after dist/ holds a build of the present sources; throws when they do not compile. */
export function buildIfStale() {
  const dist = join(root, 'dist');
  const wanted = fingerprint();
  const isFresh = () => existsSync(stampOf(dist)) && readFileSync(stampOf(dist), 'utf8') === wanted;
  // An image holds the build but neither sources nor compiler.
  if (isFresh() || !existsSync(join(root, 'src'))) return;

  const draft = join(root, `dist.${process.pid}`);
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const options = ['-p', join(root, 'tsconfig.build.json'), '--outDir', draft];
  const { status } = spawnSync(process.execPath, [compiler, ...options], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    rmSync(draft, { recursive: true, force: true });
    throw new Error('The sources do not compile.');
  }
  for (const file of readdirSync(join(root, 'src'), { recursive: true }).map(String))
    if (file.endsWith('.lua')) copyFileSync(join(root, 'src', file), join(draft, file));
  writeFileSync(stampOf(draft), wanted);
  const old = `${draft}.old`;
  for (let attempt = 0; ; attempt++) {
    try {
      renameSync(draft, dist); // refused where there is a dist already
      break;
    } catch (error) {
      if (isFresh()) break; // another start was first; its build is in use, so it stays where it is
      if (attempt === 20) throw error;
      if (existsSync(dist)) renameSync(dist, `${old}.${attempt}`);
    }
  }
  rmSync(draft, { recursive: true, force: true });
  for (const left of readdirSync(root).filter((name) => name.startsWith(`dist.${process.pid}.old`))) {
    rmSync(join(root, left), { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildIfStale();
