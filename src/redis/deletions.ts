// Deletes keys on the primary and on a number of replicas. WAIT blocks its connection: deletions
// that arrive meanwhile are sent together.
import { Cluster, Command, type Redis as Client } from 'ioredis';
import { withTimeout } from '../runtime/with-timeout.js';

/** WAIT holds up the deletions behind it for no longer than this, even when no replica answers. */
const LONGEST_WAIT_MS = 250;

/**
 * A connection that breaks may leave a pipeline without an end (ioredis); nothing waits behind it
 * for longer.
 */
const SENT_WITHIN_MS = 1_000;

type Outcome = ReadonlyMap<string, Error | undefined>;

interface Line {
  /** What was sent last; the next batch follows it. */
  last: Promise<unknown>;
  next: { readonly keys: Set<string>; readonly outcome: Promise<Outcome> } | undefined;
}

export class Deletions {
  /** One for each node: a batch is one pipeline, which one node takes. */
  private readonly lines = new Map<string, Line>();

  constructor(
    private readonly client: Client | Cluster,
    private readonly replicas: number,
  ) {}

  /**
   * Deletes a key and waits until enough replicas have confirmed it.
   * @throws when the primary or too few replicas have confirmed it
   */
  async delete(key: string): Promise<void> {
    if (this.replicas === 0) {
      await this.client.del(key);
      return;
    }
    const line = this.lineOf(key);
    line.next ??= this.batchAfter(line);
    line.next.keys.add(key);
    const outcome = await line.next.outcome;
    const error = outcome.get(key);
    if (error) throw error;
  }

  private lineOf(key: string): Line {
    const node = this.client instanceof Cluster ? String(this.client.slots[new Command('del', [key]).getSlot()]) : '';
    const line = this.lines.get(node) ?? { last: Promise.resolve(), next: undefined };
    this.lines.set(node, line);
    return line;
  }

  private batchAfter(line: Line) {
    const keys = new Set<string>();
    const outcome = line.last.then(() => {
      line.next = undefined;
      return withTimeout(SENT_WITHIN_MS, this.send([...keys]));
    });
    line.last = outcome.catch(() => undefined);
    return { keys, outcome };
  }

  /** One pipeline, so that WAIT goes to the node and connection that the deletions went to. */
  private async send(keys: readonly string[]): Promise<Outcome> {
    const pipeline = this.client.pipeline();
    for (const key of keys) pipeline.del(key);
    const results = (await pipeline.wait(this.replicas, LONGEST_WAIT_MS).exec()) ?? [];
    const [waitError, reached] = results[keys.length] ?? [undefined, 0];
    const isConfirmed = !waitError && Number(reached) >= this.replicas;
    const unconfirmed =
      waitError ??
      (isConfirmed ? undefined : new Error(`${Number(reached)} of ${this.replicas} replicas have confirmed`));
    return new Map(keys.map((key, at) => [key, results[at]?.[0] ?? unconfirmed]));
  }
}
