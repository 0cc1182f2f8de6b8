// Keeps an answer for a while, and asks once for all that come meanwhile: what is expensive to count stays rare.
import type { Clock } from '../clock.js';

export class Kept<T> {
  private held: { readonly answer: Promise<T>; readonly at: number } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly forMs: number,
    private readonly ask: () => Promise<T>,
  ) {}

  get(): Promise<T> {
    const now = this.clock.now().getTime();
    if (this.held && Math.abs(now - this.held.at) < this.forMs) return this.held.answer;
    const held = { answer: this.ask(), at: now };
    this.held = held;
    held.answer.catch(() => {
      if (this.held === held) this.held = undefined; // the next caller asks again
    });
    return held.answer;
  }
}
