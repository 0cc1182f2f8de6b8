// Opens the file of an import: lines of JSON, which are read twice, and hashed each time.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ImportFile } from '../accounts/import/user-import.js';
import { linesOf } from '../accounts/import/lines.js';
import { reasonOf } from '../runtime/reason.js';
import { Failure } from './failure.js';

interface Opened extends ImportFile {
  /** After the lines: whether the file changed while it was read. */
  hasChanged(): boolean;
}

/** @throws Failure `file_unreadable`, `file_compressed` */
export async function openImportFile(path: string): Promise<Opened> {
  await assertReadable(path);
  const sha256 = await hashOf(path);
  const again = createHash('sha256');
  return {
    sha256,
    lines: linesOf(hashing(path, again)),
    hasChanged: () => !again.copy().digest().equals(sha256),
  };
}

async function assertReadable(path: string): Promise<void> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, reasonOf(error));
  });
  try {
    if (!(await file.stat()).isFile()) throw unreadable(path, 'it is no regular file, and is read twice');
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const name = compressions.find(([start]) => buffer.subarray(0, start.length).equals(start))?.[1];
    if (name) throw Failure.of('file_compressed', `${path} is compressed (${name}): unpack it first.`);
  } finally {
    await file.close();
  }
}

const compressions = [
  [Buffer.from([0x1f, 0x8b]), 'gzip'],
  [Buffer.from('PK\u0003\u0004'), 'zip'],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'zstd'],
] as const;

const unreadable = (path: string, reason: string) =>
  Failure.of('file_unreadable', `Cannot read the file ${path}: ${reason}.`);

async function hashOf(path: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of hashing(path, hash)) void chunk;
  return hash.digest();
}

async function* hashing(path: string, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
    yield chunk as Buffer;
  }
}
