// The syntax of the command line, and that it accepts every line of the documents.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readCommandLine } from '../src/cli/command-line.js';
import { commands } from '../src/cli/commands/commands.js';
import { Failure } from '../src/cli/failure.js';
import { nameOf } from '../src/cli/target.js';

const textOf = (...args: string[]) => {
  const typed = readCommandLine(args);
  return 'text' in typed ? typed.text : '';
};

/** The arguments that complete each command. */
const complete: Record<string, string> = {
  'sessions end': '--without-factor',
  'users show': '--user a@example.com',
  'users disable': '--user a@example.com',
  'users enable': '--user a@example.com',
  'users unlock': '--user a@example.com',
  'users reset-factors': '--user a@example.com',
  'users role': '--user a@example.com --role admin',
  'users invite': 'a@example.com',
  'users email': '--user a@example.com --email b@example.com',
  'users import': 'users.jsonl',
  'users create-admin': '--email a@example.com',
  'services add': 'orders --scope introspect --scope orders.read --resource https://bills.test',
  'services rotate-secret': 'orders --end-previous',
  'services remove': 'orders',
  'upstream check': 'authentik',
  'keys import': 'key.pem',
  'keys revoke': 'kid',
};
/** The usage error, if there is one. */
function complaintAbout(args: readonly string[]): string | undefined {
  try {
    readCommandLine(args);
    return undefined;
  } catch (error) {
    if (error instanceof Failure && error.exitCode === 2) return error.message;
    throw error;
  }
}

const lineOf = (name: string) => `${name} ${complete[name] ?? ''}`.trim().split(' ');

it.each(commands.map(({ name }) => name))('%s is in the help, has a help of its own, and is understood', (name) => {
  expect(textOf('--help')).toContain(`\n  ${name}`);
  expect(textOf('help')).toBe(textOf('--help'));
  expect(textOf(...name.split(' '), '--help')).toContain(`Usage: npm run cli -- ${name}`);
  expect(readCommandLine(lineOf(name))).toMatchObject({ command: { name }, json: false });
  expect(readCommandLine(['--json', ...lineOf(name)])).toMatchObject({ json: true });
});

it.each(commands.map(({ name }) => name))('%s takes --dry-run exactly where it promises one', (name) => {
  const isPromised = textOf(...name.split(' '), '--help').includes('--dry-run');
  const changesSomething = !/list|show|export|upstream check/.test(name);
  expect(isPromised).toBe(changesSomething);
  const complaint = isPromised ? undefined : 'Unknown option \'--dry-run\'. "--help" lists the commands.';
  expect(complaintAbout([...lineOf(name), '--dry-run'])).toBe(complaint);
});

it('shows the version of package.json', () => {
  expect(textOf('--version')).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
});

it('accepts a kid that begins with a dash', () => {
  const kid = `-${'a'.repeat(42)}`;
  for (const args of [
    ['keys', 'revoke', kid],
    ['keys', 'revoke', kid, '--dry-run', '--json'],
    ['keys', 'import', 'key.pem', '--kid', kid],
  ]) {
    expect(readCommandLine(args)).toMatchObject({ command: { name: args.slice(0, 2).join(' ') } });
  }
});

it('reports a usage error in one sentence', () => {
  const complaints = {
    '': 'Missing a command. "--help" lists the commands.',
    users: 'Missing the second word of the command. "--help" lists the commands.',
    'users frob': 'Unknown command \'frob\'. "--help" lists the commands.',
    'users disable': 'Missing --user (email or ID).',
    'users role --user a@example.com': 'Missing --role (one of the setting ROLES).',
    'users list --limit 0': '--limit must be a whole number from 1 to 1000.',
    'users list --after x': '--after must be a user ID.',
    'users create-admin --email x': '--email is not an email address.',
    'sessions end': 'Give either --user (email or ID), --all or --without-factor.',
    'sessions end --all --user a@example.com': 'Give either --user (email or ID), --all or --without-factor.',
    'sessions end --al': 'Unknown option \'--al\'. (Did you mean --all?) "--help" lists the commands.',
    'services add': 'Missing NAME.',
    'services add Orders': 'NAME is 1 to 63 lower-case letters, digits and dashes, and begins with a letter.',
    'services add orders --resource bills': 'A --resource is an absolute URI without a fragment.',
    'services add orders --resource https://bills.test/#x': 'A --resource is an absolute URI without a fragment.',
    'services add orders --scope "': 'A --scope is a word of at most 64 ASCII characters.',
    'services add a b': 'Too many arguments for \'add\'. Expected 1 argument but got 2. "--help" lists the commands.',
    'keys revoke': 'Missing the kid: keys revoke KID. "keys list" shows them.',
  };
  for (const [line, complaint] of Object.entries(complaints)) {
    expect(complaintAbout(line.split(' ').filter(Boolean))).toBe(complaint);
  }
});

const docs = readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((file) => `docs/${file}`);
const pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', ...docs.filter((file) => file.endsWith('.md'))];
const lines = pages.flatMap((page) =>
  [
    ...readFileSync(page, 'utf8').matchAll(
      /(?:npm run (?:--silent )?cli --|node dist\/bundle\/cli\.js) ([a-z-][^`\n#|<>)]*)/g,
    ),
  ].map(([, line = '']) => [page, line.trim()] as const),
);

it('accepts every command in the documents as it is written', () => {
  expect(lines.length).toBeGreaterThan(10);
  for (const [page, line] of lines) {
    expect.soft(() => readCommandLine(line.split(' ')), `${page}: ${line}`).not.toThrow();
  }
});

it.each([
  ['postgres://role:hidden@db.example.com/watchword', 'db.example.com', 5432],
  ['postgres://role:hidden@db.example.com:6432/watchword?sslmode=verify-full', 'db.example.com', 6432],
  ['postgres://role:hidden@localhost/watchword?host=/run/postgresql&port=5433', '/run/postgresql', 5433],
])('names the database of %s as pg reaches it, without the password', (url, host, port) => {
  expect(nameOf(url)).toEqual({ host, port, name: 'watchword', role: 'role' });
});
