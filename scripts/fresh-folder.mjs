// Builds a folder if its inputs have changed. Two builds may run at once, and a killed build leaves no partial one.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

const stampOf = (folder) => join(folder, '.built-from');
const stampIn = (folder) => (existsSync(stampOf(folder)) ? readFileSync(stampOf(folder), 'utf8') : undefined);

/** @returns the files in a folder of the root, by their paths from the root, in a fixed order */
export const filesIn = (root, folder, pattern) =>
  (existsSync(join(root, folder)) ? readdirSync(join(root, folder), { recursive: true }) : [])
    .map((file) => `${folder}/${String(file).replaceAll('\\', '/')}`)
    .filter((file) => pattern.test(file))
    .toSorted();

/** @returns a digest of files; those that do not exist count as such */
export function digestOf(root, files) {
  const digest = createHash('sha256');
  for (const file of files)
    if (existsSync(join(root, file))) digest.update(`${file}\0`).update(readFileSync(join(root, file)));
  return digest.digest('hex');
}

/** @returns whether the folder holds a build of inputs with this digest */
export const isFresh = (folder, digest) => stampIn(folder) === digest;

/**
 * @param folder where the build goes
 * @param digest of its inputs
 * @param build fills the draft, the folder that it gets; throws a sentence if it cannot
 */
export function replaceFolder(folder, digest, build) {
  const draft = `${folder}.${process.pid}`;
  makeFolder(draft);
  try {
    build(draft);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  writeFileSync(stampOf(draft), digest);
  const old = `${draft}.old`;
  for (let attempt = 0; ; attempt++) {
    try {
      renameSync(draft, folder); // fails if the folder exists
      break;
    } catch (error) {
      if (isFresh(folder, digest)) break; // another build was first, and is in use
      if (attempt === 20) throw error;
      if (existsSync(folder)) renameSync(folder, `${old}.${attempt}`);
    }
  }
  rmSync(draft, { recursive: true, force: true });
  for (const left of readdirSync(dirname(folder)).filter((name) => name.startsWith(basename(old))))
    rmSync(join(dirname(folder), left), { recursive: true, force: true });
}

function makeFolder(draft) {
  try {
    mkdirSync(draft);
  } catch (cause) {
    const advice = 'make the folder writable, or run `npm run build` once as its owner';
    const where = dirname(relative(process.cwd(), draft)) === '.' ? process.cwd() : dirname(draft);
    throw new Error(`The build cannot be written to ${where} (${cause.code}): ${advice}.`, { cause });
  }
}
