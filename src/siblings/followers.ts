// The requests that are held until there is news. A place costs a closure and a timer; places are bounded, in all and for
// one network.
import { Refusal } from '../errors.js';

/** Woken one after the other, so that thousands do not hold up other requests: so many in one turn of the event loop. */
const AT_ONCE = 100;
/** Followers that were woken together come back together: their time ends up to this part earlier, each at its own moment. */
const JITTER = 0.2;
/** One network holds at most this part of the places: it cannot shut out all others. */
const SHARE = 4;
const RETRY_AFTER_SECONDS = 2;

export interface Hold {
  readonly seconds: number;
  /** Whoever holds places from the same network shares its part; undefined where the address is not known. */
  readonly network: string | undefined;
  /** The client has gone: its place is free. */
  readonly gone: AbortSignal;
}

export class Followers {
  private readonly held = new Set<() => void>();
  private readonly byNetwork = new Map<string, number>();

  constructor(private readonly places: number) {}

  get size(): number {
    return this.held.size;
  }

  /**
   * Resolves with the next `wakeAll`, when the time is over, or when the client has gone.
   * @throws Refusal `unavailable` when there is no place
   */
  async hold({ seconds, network = '', gone }: Hold): Promise<void> {
    const ofNetwork = this.byNetwork.get(network) ?? 0;
    if (this.held.size >= this.places || ofNetwork >= Math.max(1, Math.floor(this.places / SHARE)))
      throw new Refusal('unavailable', {
        retryAfter: RETRY_AFTER_SECONDS,
        cause: new Error('no place for a follower'),
      });
    if (gone.aborted) return;
    this.byNetwork.set(network, ofNetwork + 1);
    await new Promise<void>((resolve) => {
      const end = () => {
        if (!this.held.delete(end)) return;
        clearTimeout(timer);
        gone.removeEventListener('abort', end);
        this.release(network);
        resolve();
      };
      const timer = setTimeout(end, seconds * 1_000 * (1 - JITTER * Math.random()));
      gone.addEventListener('abort', end);
      this.held.add(end);
    });
  }

  /** Those that come meanwhile have seen the news. */
  wakeAll(held = [...this.held]): void {
    for (const end of held.splice(0, AT_ONCE)) end();
    if (held.length > 0) setImmediate(() => this.wakeAll(held));
  }

  private release(network: string): void {
    const left = (this.byNetwork.get(network) ?? 1) - 1;
    if (left === 0) this.byNetwork.delete(network);
    else this.byNetwork.set(network, left);
  }
}
