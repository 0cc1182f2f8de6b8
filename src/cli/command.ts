// Defines a command: its words, its options, what it needs, and what it does.
import type { INestApplicationContext } from '@nestjs/common';
import type * as z from 'zod';
import type { Config } from '../config/config.js';
import type { Caller } from '../http/caller.js';
import { Failure } from './failure.js';
import type { Confirmation } from '../revocation/confirmation.js';
import type { Log } from '../telemetry/log.js';
import type { Target } from './target.js';

export interface Done {
  /** For people. */
  readonly sentence: string;
  /** For programs, with --json. */
  readonly result: object;
  /** For commands that end sessions or tokens: whether Redis confirmed it. */
  readonly confirmation?: Confirmation;
  /** The output was written already: sentence and result go to standard error. */
  readonly isBesideOutput?: boolean;
  /** For commands that judge: the judgement is bad. */
  readonly failed?: boolean;
}

/** What a command can use. */
export interface Desk {
  readonly config: Config;
  readonly get: INestApplicationContext['get'];
  readonly target: Target;
  readonly log: Log;
  /** Writes to standard output, for commands whose result is long. Waits until the reader has taken it. */
  readonly write: (text: string) => Promise<void>;
  /** Writes a line for people to standard error. */
  readonly warn: (line: string) => void;
  /** The operator, for the audit trail. */
  readonly caller: Caller;
}

interface Spec<Input> {
  /** As typed, such as `sessions end`. */
  readonly name: string;
  /** The arguments in the help, such as `--user WHO | --all`. */
  readonly usage?: string;
  readonly about: string;
  /** Further text in the help of the command. */
  readonly details?: string;
  /** A positional argument, such as `[kid]`, and its meaning. Its name is also its field in the input. */
  readonly argument?: readonly [name: string, about: string];
  /** Options as typed, such as `--user <who>`, and their meaning; `...` at the end: may be given several times. */
  readonly options?: Readonly<Record<string, string>>;
  /** Adds `--dry-run`; other commands refuse it. */
  readonly hasDryRun?: boolean;
  /** `settings`: no database. `tables`: one with all migrations. `keys`: also the key-encryption key. */
  readonly needs: 'settings' | 'database' | 'tables' | 'keys';
  readonly input: z.ZodType<Input>;
  readonly run: (desk: Desk, input: Input) => Promise<Done>;
}

type Act = (desk: Desk) => Promise<Done>;

export interface CliCommand extends Omit<Spec<unknown>, 'input' | 'run'> {
  /** @throws Failure `usage` for an invalid input */
  readonly prepare: (typed: Readonly<Record<string, unknown>>) => Act;
}

export function command<Input>({ input, run, ...rest }: Spec<Input>): CliCommand {
  return {
    ...rest,
    prepare: (typed) => {
      const read = input.safeParse(typed);
      if (!read.success) throw Failure.usage(read.error.issues.map(({ message }) => message).join(' '));
      return (desk) => run(desk, read.data);
    },
  };
}

/** The sentence of a dry run. */
export const asDryRun = (sentence: string) => `Dry run, nothing was changed: ${sentence}`;
