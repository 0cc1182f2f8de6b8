// Storages of tokens on a bad day: what cannot be read or written locks nobody out, and leaves nothing behind.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createClient, type TokenStorage } from '../packages/client/src/main.js';
import { fileStorage } from '../packages/client/src/node.js';
import { reactNativeStorage } from '../packages/client/src/react-native.js';
import { register } from './support/client.js';
import { type Service, startService } from './support/service.js';
import { closedLater } from './support/web-client.js';

let service: Service;
beforeAll(async () => void (service = await startService()));
afterAll(() => service.stop());

const phone = (storage: TokenStorage) =>
  closedLater(createClient({ issuer: service.url, transport: 'bearer', storage }));

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'watchword-client-'));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

it.each(['', '{"tokens":', '\0\0\0\0', 'null', '[]', '"text"'])('a file of %j locks nobody out', async (text) => {
  const path = join(await folder(), 'tokens');
  await writeFile(path, text);
  const app = phone(fileStorage(path));
  expect(await app.restore()).toBeNull();
  const person = await register(service.url);
  expect(await app.signIn(person)).toMatchObject({ email: person.email });
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ tokens: { user: { email: person.email } } });
});

it.each(['', '{"tokens":', undefined, null])('a keychain entry of %j locks nobody out', async (text) => {
  let entry = text as string | null;
  const store = {
    getItem: () => entry,
    setItem: (_: string, value: string) => void (entry = value),
    deleteItem: () => void (entry = null),
  };
  const app = phone(reactNativeStorage(store));
  expect(await app.restore()).toBeNull();
  const person = await register(service.url);
  expect(await app.signIn(person)).toMatchObject({ email: person.email });
});

it('a file that cannot be written leaves no copy of the tokens beside it', async () => {
  const path = join(await folder(), 'tokens');
  await mkdir(path); // a rename over a folder fails
  await expect(fileStorage(path).save({ deviceToken: 'x' })).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(await readdir(join(path, '..'))).toEqual(['tokens']);
});
