// A bounded queue for work: every holder has at most a share of the places, and networks take turns.
import { Refusal } from '../errors.js';

/** Who holds the place; an unknown holder is not counted. */
export interface Holder {
  readonly network?: string | undefined;
  readonly account?: string | undefined;
}

interface Options {
  /** Turns at the same time. */
  readonly concurrency: number;
  readonly places: number;
  /** How many of the places one network, or one account, may hold. */
  readonly share: number;
}

export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

const namesOf = ({ network, account }: Holder) =>
  [network && `network ${network}`, account && `account ${account}`].filter((name) => name !== undefined);

export class FairQueue {
  private readonly held = new Map<string, number>();
  /** The waiting work by network; the first network in the map is next. */
  private readonly lines = new Map<string, (() => void)[]>();
  private taken = 0;
  running = 0;

  constructor(private readonly options: Options) {}

  get waiting(): number {
    return this.taken - this.running;
  }

  /** @throws Refusal `overloaded` when there is no place, or none for this holder */
  assertPlace(holder: Holder): void {
    const isOverShare = namesOf(holder).some((name) => (this.held.get(name) ?? 0) >= this.options.share);
    if (isOverShare || this.taken >= this.options.places) throw new Refusal('overloaded');
  }

  /**
   * Takes a place for as long as the work lasts.
   * @param work takes a turn for what keeps a processor busy
   * @throws Refusal `overloaded`
   */
  async withPlace<T>(holder: Holder, work: (turn: Turn) => Promise<T>): Promise<T> {
    this.assertPlace(holder);
    const names = namesOf(holder);
    this.taken++;
    for (const name of names) this.held.set(name, (this.held.get(name) ?? 0) + 1);
    try {
      return await work((busy) => this.inTurn(holder.network ?? '', busy));
    } finally {
      this.taken--;
      for (const name of names) this.giveUp(name);
    }
  }

  private giveUp(name: string): void {
    const left = (this.held.get(name) ?? 1) - 1;
    if (left > 0) this.held.set(name, left);
    else this.held.delete(name);
  }

  private async inTurn<T>(network: string, work: () => Promise<T>): Promise<T> {
    if (this.running >= this.options.concurrency) await this.waitInLine(network);
    else this.running++;
    try {
      return await work();
    } finally {
      this.handOver();
    }
  }

  private waitInLine(network: string): Promise<void> {
    const line = this.lines.get(network) ?? [];
    this.lines.set(network, line);
    return new Promise((go) => line.push(go));
  }

  /** Gives the turn to the first work of the next network, which then moves to the end. */
  private handOver(): void {
    const [next] = this.lines;
    if (!next) {
      this.running--;
      return;
    }
    const [network, line] = next;
    const go = line.shift();
    this.lines.delete(network);
    if (line.length > 0) this.lines.set(network, line);
    go?.();
  }
}
