// Replays a schedule that Spin has found: each of its lines is taken on the real service, which is held between two
// statements (docs/protocols/models.md).
import { readFileSync } from 'node:fs';
import type { Held } from './postgres-proxy.js';

/** Takes a line. @returns the line as the service did it */
export type Steps = readonly (readonly [line: RegExp, take: (...parts: string[]) => Promise<string> | string])[];

interface Schedule {
  readonly lines: readonly string[];
  /** The invariants that the model without its guard breaks in the end. */
  readonly breaks: readonly string[];
}

/** @param name of the model and of the mutant */
export function scheduleOf(name: string): Schedule {
  const lines = readFileSync(`models/schedules/${name}.txt`, 'utf8').trimEnd().split('\n');
  const broken = /^(.+) is broken$/.exec(lines.pop() ?? '')?.[1];
  if (broken === undefined) throw new Error(`The schedule ${name} breaks nothing.`);
  return { lines, breaks: broken.split(' ') };
}

/** @returns what the service did instead, by the line of the schedule; nothing where it did what the line says */
export async function replay(lines: readonly string[], steps: Steps): Promise<Record<string, string>> {
  const instead: Record<string, string> = {};
  for (const line of lines) {
    const step = steps.find(([pattern]) => pattern.test(line));
    if (!step) throw new Error(`No step is known for this line of the schedule: ${line}`);
    const [, ...parts] = step[0].exec(line) ?? [];
    const did = await step[1](...parts);
    if (did !== line) instead[line] = did;
  }
  return instead;
}

/** Collects the statements of one instance, each of which waits for its turn. */
export class Gate {
  private isOpen = true;
  private held: Held[] = [];
  private wake = () => {};

  /** From now on nothing passes by itself. */
  close(): void {
    this.isOpen = false;
  }

  /** Everything passes, what was held first of all. */
  open(): void {
    this.isOpen = true;
    for (const held of this.held.splice(0)) letThrough(held);
  }

  readonly meet = (held: Held): void => {
    if (this.isOpen) return letThrough(held);
    this.held.push(held);
    this.wake();
  };

  /**
   * @param act that sends the statements
   * @param isMeant which of them are meant
   * @returns the first that is held; undefined when the act is over before there is one
   */
  async next(act: Promise<unknown>, isMeant: (held: Held) => boolean = () => true): Promise<Held | undefined> {
    const over = act.then(() => true);
    for (;;) {
      const woken = new Promise<false>((done) => (this.wake = () => done(false)));
      const held = this.held.find(isMeant);
      if (held) return held;
      if (await Promise.race([woken, over])) return undefined;
    }
  }

  /** Lets a statement be executed. @returns what `held.pass` does; its answer is still held */
  async pass(held: Held): Promise<unknown> {
    this.held = this.held.filter((each) => each !== held);
    return held.pass();
  }
}

function letThrough(held: Held): void {
  held.answer();
  void held.pass();
}
