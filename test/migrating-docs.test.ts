// The pages about moving here: each example is a line that an import takes, and its password signs in.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from './support/client.js';
import { cliContext, importText } from './support/imports.js';
import { type Service, startService } from './support/service.js';

const FOLDER = 'docs/migrating';
const systems = readdirSync(FOLDER).filter((file) => !['README.md', 'passwords.md', 'sessions.md'].includes(file));
const MIGRATION_ISSUER = 'the old system';
/** What the hash of the example is of; of Firebase's it is the one that its makers published. */
const passwords: Record<string, string> = { 'firebase.md': 'user1password' };

let service: Service;
beforeAll(async () => {
  service = await startService({ MIGRATION_ISSUER });
});
afterAll(() => service.stop());

const blocksOf = (page: string, language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) => text);

it('has a page for each system that people come from', () => {
  const names = ['auth0', 'devise', 'django', 'firebase', 'keycloak', 'laravel', 'supabase'];
  expect(systems).toEqual(names.map((name) => `${name}.md`));
});

it.each(systems)(
  '%s fits on a screen, and its example is imported and signs in with the password of before',
  async (file) => {
    const page = readFileSync(join(FOLDER, file), 'utf8');
    expect(page.split('\n').length).toBeLessThanOrEqual(60);
    expect(blocksOf(page, 'bash').join('')).toContain('users import users.jsonl --dry-run\n');
    for (const what of ['passwords', 'ids', 'sessions', 'second factors', 'lost'])
      expect(page).toMatch(RegExp(`^\\| ${what} `, 'm'));
    const [example = ''] = blocksOf(page, 'json');
    const { email } = JSON.parse(example) as { email: string };
    const line = `${JSON.stringify(JSON.parse(example))}\n`;
    const context = await cliContext(service.databaseUrl);
    for (const isDryRun of [true, false])
      expect(await importText(context, line, { isDryRun })).toMatchObject({ imported: 1, refused: 0 });
    const password = passwords[file] ?? 'correct horse battery staple';
    const answer = await call(service.url, 'POST', '/auth/login', { body: { email, password, transport: 'bearer' } });
    expect([answer.status, answer.json['user']]).toMatchObject([200, { email }]);
  },
);

it('the example session of Supabase is exchanged', async () => {
  const body = { token: 'a refresh token of the old system', transport: 'bearer' };
  expect((await call(service.url, 'POST', '/auth/exchange', { body })).status).toBe(200);
});

it('every code of a refused line stands on the page', () => {
  const page = readFileSync(join(FOLDER, 'README.md'), 'utf8');
  const codes = readFileSync('src/accounts/import/line-codes.ts', 'utf8').matchAll(/^ {2}'(\w+)',$/gm);
  expect([...codes].map(([, code = '']) => code).filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});
