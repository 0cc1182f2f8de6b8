// The rules of the architecture: which folder may import which, and what may exist only once.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refusalCodes } from '../src/errors.js';
import { tables, writesOf } from './support/table-writes.js';

/** Each folder of src/ is a floor. Code imports only from its own floor and from floors listed before it. */
const floors = [
  ...[
    'config',
    'runtime',
    'telemetry',
    'database',
    'redis',
    'http',
    'audit',
    'keys',
    'dpop',
    'limits',
    'tokens',
    'mail',
    'users',
  ],
  ...['revocation', 'sessions', 'factors', 'sign-in', 'credentials', 'enrolment', 'auth', 'accounts'],
  ...['upstream', 'account-pages', 'siblings', 'admin', 'health', 'openapi', 'tracing', 'cli'],
];
/** Every floor may use these files of src/. The other files of src/ may use every floor, and no floor may use them. */
const ground = ['errors.ts', 'clock.ts'];
/** Everything may use the contract, which uses nothing. */
const contract = 'packages/contract/src/';

const files = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));

const sources = files('src').map((file) => ({ file, text: readFileSync(file, 'utf8') }));
const code = sources.filter(({ file }) => !file.endsWith('.test.ts'));
const packages = files('packages').filter((file) => /^packages\/\w+\/src\//.test(file) && !file.endsWith('.test.ts'));
const offenders = (pattern: RegExp, allowed: (file: string) => boolean = () => false) =>
  code.filter(({ file, text }) => pattern.test(text) && !allowed(file)).map(({ file }) => file);

const floorOf = (file: string) => floors.indexOf(file.split('/')[1] ?? '');

describe('the house', () => {
  it('has only floors that are listed', () => {
    for (const { file } of code.filter(({ file: path }) => path.split('/').length > 2))
      expect([file, floorOf(file)]).not.toContain(-1);
  });

  it('imports only from lower floors', () => {
    for (const { file, text } of code) {
      const isRoot = file.split('/').length === 2;
      for (const [, target = ''] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
        const imported = normalize(join(dirname(file), target)).replace(/\.js$/, '.ts');
        const isGround = ground.some((name) => imported === join('src', name));
        if (isGround || imported.startsWith(contract) || (isRoot && !ground.includes(file.slice(4)))) continue;
        expect.soft(floorOf(imported), `${file} leans on ${imported}`).toBeGreaterThanOrEqual(0);
        expect.soft(floorOf(imported), `${file} leans on ${imported}`).toBeLessThanOrEqual(floorOf(file));
      }
    }
  });

  it('has a contract that imports nothing, and packages that import nothing of ours but the contract', () => {
    expect(packages.length).toBeGreaterThan(2);
    const isAllowed = (file: string, target: string) => {
      if (file.startsWith(contract)) return false;
      const imported = normalize(join(dirname(file), target));
      const own = file.split('/').slice(0, 3).join('/');
      return !target.startsWith('.') || imported.startsWith(`${own}/`) || imported.startsWith(contract);
    };
    const wrong = packages.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/(?:from|import\(|require\()\s*'([^']+)'/g)]
        .filter(([, target = '']) => !isAllowed(file, target))
        .map(([, target]) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('reads the environment in config only', () => {
    expect(offenders(/process\.env/, (file) => file.startsWith('src/config/'))).toEqual([]);
  });

  it('reads the time from the clock only', () => {
    expect(offenders(/new Date\(\)|Date\.now\(/, (file) => file === 'src/clock.ts')).toEqual([]);
  });

  it('has no barrels, default exports or circles of modules', () => {
    expect(files('src').filter((file) => file.endsWith('/index.ts'))).toEqual([]);
    expect(offenders(/^export (\*|default)/m)).toEqual([]);
    expect(offenders(/forwardRef/)).toEqual([]);
  });

  it('has global modules only for the settings, the log, the clock and the database', () => {
    expect(offenders(/@Global\(\)|\bglobal: true/).toSorted()).toEqual([
      'src/database/database.module.ts',
      'src/telemetry/process.module.ts',
    ]);
  });

  it('keeps each module to at most 20 lines from its decorator on', () => {
    const modules = code.filter(({ file }) => file.endsWith('.module.ts'));
    const contractOf = (text: string) =>
      text
        .slice(text.search(/^@(?:Global|Module)\(/m))
        .trim()
        .split('\n');
    const tooLong = modules.filter(({ text }) => contractOf(text).length > 20);
    expect(tooLong.map(({ file }) => file)).toEqual([]);
  });

  it('says in the first line of a file what it is or does, unless its name says it', () => {
    const speaking = /\.(module|controller|guard|strategy|decorator)\.ts$/;
    expect(offenders(/^(?!\/\/ |\/\*\* )/, (file) => speaking.test(file))).toEqual([]);
  });

  it("logs an error's message without the statement that drizzle puts into it", () => {
    expect(offenders(/reason: [^,}\n]*\.message/, (file) => file.startsWith('src/redis/'))).toEqual([]);
  });

  it('compares a password in one place, which charges for the guess before', () => {
    const judges = 'src/credentials/password/password-check.ts';
    expect(offenders(/\.isRight\(/, (file) => file === judges)).toEqual([]);
    expect(readFileSync(judges, 'utf8')).toMatch(/guesses\.judge\(/);
  });

  it('opens transactions through inTransaction only', () => {
    expect(offenders(/\.transaction\(/)).toEqual([]);
  });

  it('throws no HTTP exceptions from the domain', () => {
    const thrown = /throw new (?!Refusal\b|Standby\b|NoPrimary\b|Error\b|ConfigError\b|SyntaxError\b)\w+/;
    expect(offenders(thrown)).toEqual([]);
  });

  it('keeps every file under 200 lines', () => {
    const tooLong = code.filter(({ text }) => text.split('\n').length > 200);
    expect(tooLong.map(({ file }) => file)).toEqual([]);
  });
});

describe('the contract', () => {
  it.each(refusalCodes)('explains the refusal %s on the page of errors', (name) => {
    const explained = readFileSync('docs/errors.md', 'utf8').includes(`| \`${name}\``);
    expect(explained, `docs/errors.md needs a row for ${name}`).toBe(true);
  });

  it('explains every event that it logs', () => {
    const guide = readFileSync('docs/operations/events.md', 'utf8');
    const events = code.flatMap(({ text }) => [
      ...text.matchAll(/\bevent: '([\w.]+)'|type: ('[\w.]+'(?: \| '[\w.]+')*)/g),
    ]);
    const names = events
      .flatMap(([, event = '', types = '']) => [event, ...types.split(/[' |]+/)])
      .filter((name) => /[._]/.test(name));
    expect(names.length).toBeGreaterThan(20);
    for (const name of new Set(names)) expect.soft(guide, name).toContain(`\`${name}\``);
  });
});

describe('the tables', () => {
  /** The folder that writes the table; `none`: a trigger or a migration writes it. */
  const owners: Record<string, string> = {
    users: 'users',
    userEmails: 'users',
    userLookups: 'users',
    refreshTokens: 'sessions',
    accessRevocations: 'revocation',
    revokedSubjects: 'revocation',
    revocationOutbox: 'revocation',
    signingKeys: 'keys',
    keyRingVersion: 'none',
    serverSecrets: 'keys',
    auditEvents: 'audit',
    alertDeliveries: 'audit',
    guessBudgets: 'limits',
    rateLimits: 'limits',
    guessFailures: 'limits',
    sprayAlarms: 'limits',
    oneTimeTokens: 'tokens',
    mailOutbox: 'mail',
    totpAuthenticators: 'factors',
    recoveryCodes: 'factors',
    factorTickets: 'factors',
    passkeys: 'factors',
    spentChallenges: 'factors',
    upstreamIdentities: 'upstream',
    upstreamRequests: 'upstream',
    upstreamCodes: 'upstream',
    upstreamLogouts: 'upstream',
    upstreamSignIns: 'sessions',
    imports: 'accounts',
    importRefusals: 'accounts',
    foreignSessions: 'sessions',
    services: 'siblings',
    serviceTokenRevocations: 'siblings',
    turns: 'none',
  };

  it('have one owner each', () => {
    expect(Object.keys(owners).toSorted()).toEqual([...tables.keys()].toSorted());
  });

  it('are written by their owner only', () => {
    const strangers = code.flatMap(({ file, text }) =>
      writesOf(text)
        .filter((table) => file.split('/')[1] !== owners[table])
        .map((table) => `${file} writes ${table}`),
    );
    expect(strangers).toEqual([]);
    const written = new Set(code.flatMap(({ text }) => writesOf(text)));
    for (const [table, owner] of Object.entries(owners))
      expect([table, written.has(table)]).toEqual([table, owner !== 'none']);
  });

  it.each([
    'tx.insert(users).values(row)',
    'await tx\n      .update( users )\n      .set(row)',
    'db.delete(schema.users).where(all)',
    "import { users as people } from './users-and-sessions.js';\ntx.update(people)",
    "const u = alias(users, 'u');\ntx.delete(u)",
    'const people = users;\nsql`delete from ${people}`',
    'sql`insert into ${users} (id) values (1)`',
    'sql`UPDATE ${schema.users} u SET role = 1`',
    'sql`with gone as (delete from ${users} returning id) select 1`',
    'const gone = db.$with("gone").as(db.delete(users).returning())',
    'sql`update only users set role = 1`',
    'pool.query(\'INSERT INTO "public"."users" VALUES (1)\')',
    'sql`merge into ${users} using x on true when matched then delete`',
    "sql.raw('truncate table users')",
    'new ClaimedRows<Person>(database, users, options)',
    'new Purging({ table: users, isOver })',
  ])('are seen to be written by: %s', (text) => {
    expect(writesOf(text)).toEqual(['users']);
  });

  it.each([
    'sql`select id from ${users} for update of ${users}`',
    'tx.select().from(users).for("update")',
    '// update users, some day',
    'createHash("sha256").update(usersHash)',
    'sql`insert into ${other} select id from ${users}`',
    'sql`delete from users_of_old`',
  ])('are not written by: %s', (text) => {
    expect(writesOf(text)).toEqual([]);
  });
});
