// Runs one command line: the result goes to standard output, everything else to standard error.
import { NestFactory } from '@nestjs/core';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { loadEnvironment } from '../config/environment.js';
import { Log } from '../telemetry/log.js';
import { ProcessModule } from '../telemetry/process.module.js';
import { CliModule, CliWithKeyModule } from './cli.module.js';
import type { Desk, Done } from './command.js';
import { readCommandLine, type Typed } from './command-line.js';
import { exitCodes, Failure } from './failure.js';
import { operator } from './operator.js';
import { assertMigrated, type DatabaseName, findTarget, nameOf } from './target.js';

interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Waits until the text is taken. */
  readonly write: (text: string) => Promise<void>;
}

/** @returns the exit code */
export async function run(args: readonly string[], output: Output, program?: string): Promise<number> {
  const { out, err } = output;
  let isJson = args.includes('--json');
  let database: DatabaseName | undefined;
  try {
    const typed = readCommandLine(args, program);
    if ('text' in typed) {
      out(typed.text);
      return exitCodes.done;
    }
    isJson = typed.json;
    const { sentence, result, confirmation, failed, isBesideOutput } = await execute(
      typed,
      output,
      (found) => (database = found),
    );
    const confirmed = confirmation && { confirmed: confirmation.isConfirmed };
    const show = isBesideOutput ? err : out;
    show(isJson ? JSON.stringify({ ...result, ...confirmed, database }) : sentence);
    if (failed) return exitCodes.failed;
    return confirmation?.isConfirmed === false ? exitCodes.unconfirmed : exitCodes.done;
  } catch (error) {
    const failure = Failure.from(error);
    const { code, message } = failure;
    if (isJson) out(JSON.stringify({ error: { code, message }, database }));
    else err(message);
    return failure.exitCode;
  }
}

const describe = ({ name, host, port, role }: DatabaseName) => `${name} at ${host}:${port} as ${role}`;

type Command = Exclude<Typed, { text: string }>;

async function execute(typed: Command, { err, write }: Output, found: (name: DatabaseName) => void): Promise<Done> {
  loadEnvironment((sentence) => err(`Warning: ${sentence}`));
  const overrides = typed.verbose ? {} : quiet(Config.fromEnv(undefined, {}, 'cli'));
  const config = Config.fromEnv(undefined, overrides, 'cli');
  const log = Log.to(config, process.stderr);
  if (typed.command.needs === 'settings')
    return withoutDatabase(typed, { config, log, caller: operator(), warn: err, write });
  const target = await findTarget(config, overrides, log);
  try {
    const database = nameOf(typed.command.needs === 'database' ? target.ownerUrl : target.url);
    found(database);
    err(`Database: ${describe(database)}${target.isEmbedded ? ' (embedded)' : ''}`);
    return await onDesk(typed, { target, config: target.config, log, caller: operator(), warn: err, write });
  } finally {
    await target.close();
  }
}

function withoutDatabase({ command, act }: Command, desk: Omit<Desk, 'get' | 'target'>): Promise<Done> {
  const none = () => {
    throw Error(`${command.name} runs without a database.`);
  };
  return act({
    ...desk,
    get: none,
    get target(): never {
      return none();
    },
  });
}

async function onDesk({ command, act }: Command, desk: Omit<Desk, 'get'>): Promise<Done> {
  const { target, log } = desk;
  if (command.needs === 'database') {
    const get = () => {
      throw Error(`${command.name} runs without the application.`);
    };
    return act({ ...desk, get });
  }
  await assertMigrated(target, log);
  const surroundings = ProcessModule.with({ config: target.config, log, clock: new Clock() });
  const root = { module: command.needs === 'keys' ? CliWithKeyModule : CliModule, imports: [surroundings] };
  const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  try {
    return await act({ ...desk, get: app.get.bind(app) });
  } finally {
    await app.close();
  }
}

/** Shows warnings and errors only, unless LOG_LEVEL asks for even less. */
const quiet = ({ LOG_LEVEL }: Config) =>
  LOG_LEVEL === 'info' || LOG_LEVEL === 'debug' ? { LOG_LEVEL: 'warn' } : ({} as Record<string, string>);
