// Parses the command line with commander, into a command that is ready to run or into a text such as the help.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { CliCommand } from './command.js';
import { commands } from './commands/commands.js';
import { Failure } from './failure.js';

interface Common {
  readonly json: boolean;
  readonly verbose: boolean;
}

export type Typed =
  | { readonly text: string }
  | (Common & { readonly command: CliCommand; readonly act: ReturnType<CliCommand['prepare']> });

const groups: Readonly<Record<string, string>> = {
  sessions: 'End sessions.',
  users: 'Show, change, invite, import and export users.',
  services: 'Add, show and remove services, and change their secrets.',
  mail: 'Show the mail that waits, and try it at once.',
  upstream: 'Check the providers that people sign in at.',
  keys: 'Show, rotate, import and revoke the signing keys.',
};

const footer = `
WHO is an email address or a user ID. "COMMAND --help" shows the options of a command.
Results go to standard output, everything else to standard error. 
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but not confirmed by Redis.`;

/** @throws Failure `usage` */
export function readCommandLine(args: readonly string[], program = 'npm run cli --'): Typed {
  let typed: Typed | undefined;
  let text = '';
  const root = new Command(program)
    .description("Watchword's command line. It uses the database and the settings of the service.")
    .version(version(), '--version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .option('--json', 'print one JSON object, also for errors')
    .option('--verbose', 'show every log line of the command, not only warnings')
    .exitOverride()
    .configureOutput({ writeOut: (part) => (text += part), writeErr: () => undefined })
    .configureHelp({ showGlobalOptions: true, helpWidth: 110, ...wholeList });
  root.addHelpText('after', ({ command }) => (command === root ? footer : ''));
  for (const command of commands) {
    addTo(root, command, (common, given) => (typed = { ...common, command, act: command.prepare(given) }));
  }
  try {
    root.parse(withoutDashedKids(args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw Failure.usage(args.length === 0 ? `Missing a command. ${hint}` : complaint(error));
  }
  return typed ?? { text: text.trimEnd() };
}

const hint = '"--help" lists the commands.';

/** The top-level help lists every command, not only the groups. */
const wholeList = {
  visibleCommands: (parent: Command) =>
    parent.commands.flatMap((child) => (child.commands.length > 0 ? child.commands : [child])),
  subcommandTerm: (child: Command) => {
    const group = child.parent?.parent ? `${child.parent.name()} ` : '';
    return `${group}${child.name()} ${child.usage()}`;
  },
};

function addTo(root: Command, spec: CliCommand, ready: (common: Common, typed: Record<string, unknown>) => void) {
  const [first = '', second] = spec.name.split(' ');
  const parent = second === undefined ? root : groupOf(root, first);
  const leaf = parent.command(second ?? first).description(`${spec.about}${spec.details ? `\n\n${spec.details}` : ''}`);
  const usage = [spec.usage, spec.hasDryRun && '[--dry-run]'].filter(Boolean).join(' ');
  leaf.summary(spec.about).allowExcessArguments(false).usage(usage);
  if (spec.argument) leaf.argument(...spec.argument);
  for (const [flags, about] of Object.entries(spec.options ?? {})) addOption(leaf, flags, about);
  if (spec.hasDryRun) leaf.option('--dry-run', 'show what would happen without changing anything');
  leaf.action(() => {
    const { json = false, verbose = false, ...rest } = leaf.optsWithGlobals<Partial<Common>>();
    const name = leaf.registeredArguments[0]?.name();
    const argument: unknown = leaf.processedArgs[0];
    ready({ json, verbose }, { ...rest, ...(name && argument !== undefined ? { [name]: argument } : {}) });
  });
}

/** `--scope <scope>...` may be given several times; commander's own `<scope...>` would take the words that follow, too. */
function addOption(leaf: Command, flags: string, about: string): void {
  const once = flags.replace(/\.\.\.$/, '');
  if (once === flags) leaf.option(flags, about);
  else leaf.option(once, about, (value: string, before?: readonly string[]) => [...(before ?? []), value]);
}

function groupOf(root: Command, name: string): Command {
  const found = root.commands.find((each) => each.name() === name);
  return found ?? root.command(name).description(groups[name] ?? '');
}

/** One kid in 64 begins with a dash, which looks like an option: such a kid is moved behind `--`. */
function withoutDashedKids(args: readonly string[]): string[] {
  const isDashedKid = (arg: string, index: number) => /^-[\w-]{42}$/.test(arg) && args[index - 1] !== '--kid';
  const kids = args.filter(isDashedKid);
  return kids.length === 0 ? [...args] : [...args.filter((arg, index) => !isDashedKid(arg, index)), '--', ...kids];
}

/** Turns commander's message into a sentence. */
function complaint({ code, message }: CommanderError): string {
  if (code === 'commander.help') return `Missing the second word of the command. ${hint}`;
  const [first = '', ...suggestion] = message.replace(/^error: /, '').split('\n');
  const sentence = first.charAt(0).toUpperCase() + first.slice(1).replace(/\.$/, '');
  return [`${sentence}.`, ...suggestion, hint].join(' ');
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
