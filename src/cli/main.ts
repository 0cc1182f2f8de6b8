// The operator's command line: reads what is asked, runs it against the service's database, says what came of it.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { ProcessModule } from '../telemetry/process.module.js';
import { Log } from '../telemetry/log.js';
import { openPool, sentenceOf } from '../database/database.js';
import { findEmbeddedPostgres } from '../database/embedded.js';
import { roleOf } from '../database/grants.js';
import { applyMigrations, countPendingMigrations } from '../database/migrate.js';
import type { Caller } from '../http/caller.js';
import { CliModule, CliWithKeyModule } from './cli.module.js';
import { commands, type Options } from './commands.js';
import { commandsWithKey, keyCommands } from './key-commands.js';

const usage = `usage: npm run cli -- COMMAND [--json]
  migrate                                   apply pending migrations and grant the service's role what it needs
  sessions end  --user WHO | --all          end the sessions of one user, or of everybody
  users disable --user WHO                  lock a user out and end its sessions
  users enable  --user WHO                  let the user sign in again
  users role    --user WHO --role ROLE      give a role: user or admin
  keys list     [--all]                     the signing keys, with --all also those that are gone
  keys rotate   [--force]                   let the standby sign, ahead of the schedule
  keys import   FILE [--kid NAME]           take an RSA private key (PEM) as the standby, or as the first signer
  keys revoke   KID                         refuse a key everywhere at once
  keys rewrap                               seal everything under the present key-encryption key
WHO is an email address or an id. keys rotate, import, revoke and rewrap have --dry-run. Log lines go to stderr.`;

const options = {
  user: { type: 'string' },
  role: { type: 'string' },
  all: { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  kid: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

async function run(args: string[]): Promise<string> {
  // One kid in 64 begins with a dash and would be taken for an option.
  const safe = args.map((arg) => (/^-[\w-]{42}$/.test(arg) ? `--kid=${arg}` : arg));
  const { values, positionals } = parseArgs({ args: safe, options, allowPositionals: true });
  const [name, rest] = [positionals.slice(0, 2).join(' '), positionals.slice(2)];
  const { sentence, result } = name === 'migrate' ? await migrate() : await command(name, { ...values, rest });
  return values.json ? JSON.stringify(result) : sentence;
}

async function migrate() {
  const config = Config.fromEnv(undefined, {}, 'cli');
  if (!config.DATABASE_URL) throw new Error('DATABASE_URL is not set; the embedded PostgreSQL migrates by itself.');
  const ownerUrl = config.DATABASE_OWNER_URL ?? config.DATABASE_URL;
  const pool = openPool(ownerUrl, config, Log.to(config, process.stderr));
  try {
    const applied = await countPendingMigrations(pool);
    await applyMigrations(ownerUrl, roleOf(config.DATABASE_URL));
    const sentence = applied === 0 ? 'The database is up to date.' : `Applied ${applied} migration(s).`;
    return { sentence, result: { applied } };
  } finally {
    await pool.end();
  }
}

async function command(name: string, given: Options) {
  const all = { ...commands, ...keyCommands };
  const wanted = Object.hasOwn(all, name) ? all[name] : undefined;
  if (!wanted || (given.rest ?? []).length > (name in keyCommands ? 1 : 0)) throw new Error(usage);
  const config = joinRunning(Config.fromEnv(undefined, {}, 'cli'));
  const surroundings = ProcessModule.with({ config, log: Log.to(config, process.stderr), clock: new Clock() });
  const root = { module: commandsWithKey.has(name) ? CliWithKeyModule : CliModule, imports: [surroundings] };
  const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  try {
    return await wanted(app, given, operator());
  } finally {
    await app.close();
  }
}

/** A service that runs on the embedded PostgreSQL holds its folder: we join it there. */
function joinRunning(config: Config): Config {
  const running = config.DATABASE_URL ? undefined : findEmbeddedPostgres(join(config.DATA_DIR, 'postgres'));
  if (!running) return config;
  return Config.fromEnv(undefined, { DATABASE_URL: running.url, DATABASE_OWNER_URL: running.ownerUrl }, 'cli');
}

const operator = (): Caller => ({
  ip: null,
  userAgent: `cli ${userInfo().username}@${hostname()}`,
  requestId: randomUUID(),
});

run(process.argv.slice(2)).then(
  (done) => process.stdout.write(`${done}\n`),
  (error: unknown) => {
    process.stderr.write(`${sentenceOf(error)}\n`);
    process.exitCode = 1;
  },
);
