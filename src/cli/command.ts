// What is a command? Its words, its options, what it needs, and what it does.
import type { INestApplicationContext } from '@nestjs/common';
import type * as z from 'zod';
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
  /** Of commands that end sessions or tokens: do all instances know? */
  readonly confirmation?: Confirmation;
}

/** What a command works with. */
export interface Desk {
  readonly get: INestApplicationContext['get'];
  readonly target: Target;
  readonly log: Log;
  /** A line for people, on standard error. */
  readonly warn: (line: string) => void;
  /** Who does it, for the audit trail. */
  readonly caller: Caller;
}

interface Spec<Input> {
  /** As it is typed, such as `sessions end`. */
  readonly name: string;
  /** What follows the name, as the help shows it, such as `--user WHO | --all`. */
  readonly usage?: string;
  readonly about: string;
  /** More about it, for its own help. */
  readonly details?: string;
  /** A positional argument, such as `[kid]`, and its meaning. It is read as the field of that name. */
  readonly argument?: readonly [name: string, about: string];
  /** Options as they are typed, such as `--user <who>`, and their meaning. */
  readonly options?: Readonly<Record<string, string>>;
  /** Adds `--dry-run`: without it the option is refused. */
  readonly hasDryRun?: boolean;
  /** `tables`: a database with all migrations. `keys`: also the key-encryption key. */
  readonly needs: 'database' | 'tables' | 'keys';
  readonly input: z.ZodType<Input>;
  readonly run: (desk: Desk, input: Input) => Promise<Done>;
}

type Act = (desk: Desk) => Promise<Done>;

export interface CliCommand extends Omit<Spec<unknown>, 'input' | 'run'> {
  /** @throws Failure `usage` when what was typed makes no sense */
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

/** Puts what would happen into the words that every dry run begins with. */
export const asDryRun = (sentence: string) => `Dry run, nothing was changed: ${sentence}`;
