// Waits for a state that no event announces, by polling.
import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until the condition holds. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, within = 20_000): Promise<void> {
  let last: unknown;
  for (const giveUpAt = performance.now() + within; performance.now() < giveUpAt; await sleep(20)) {
    try {
      if (await isSo()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`waited ${within} ms in vain until ${what}`, { cause: last });
}
