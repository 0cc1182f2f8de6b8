// The last resort: an error that nobody caught is one line of the log, and ends the process.
import { reasonOf, withoutStatement } from './reason.js';

const MAX_REASON_CHARACTERS = 1_000;
const MAX_STACK_CHARACTERS = 4_000;

/**
 * Going on after such an error is not safe, as the documentation of Node says: the supervisor starts the process again.
 * With the second event, `--unhandled-rejections=warn` in NODE_OPTIONS changes nothing.
 */
export function logAndExitOnCrash(log: { fatal(entry: object): void }): void {
  const crash = (error: unknown): void => {
    try {
      log.fatal({ event: 'process.crashed', ...crashEntry(error) });
    } finally {
      process.exit(1);
    }
  };
  process.on('uncaughtException', crash).on('unhandledRejection', crash);
}

/** Never the values of a statement: drizzle puts them into its message, and V8 puts the message into the stack. */
export function crashEntry(thrown: unknown): { name: string; reason: string; stack?: string } {
  const error = withoutStatement(thrown);
  const reason = reasonOf(thrown).slice(0, MAX_REASON_CHARACTERS);
  if (!(error instanceof Error)) return { name: typeof error, reason };
  return { name: error.name, reason, stack: framesOf(error) };
}

/** Without the message in front, which may be long. */
function framesOf({ stack = '' }: Error): string {
  const first = stack.search(/^ {4}at /m);
  return first === -1 ? '' : stack.slice(first, first + MAX_STACK_CHARACTERS);
}
