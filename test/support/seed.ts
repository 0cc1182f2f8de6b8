// Everything random in a test follows from one number: `SEED=… npx vitest run test/x.test.ts` draws the same again. A
// property that fails prints it by itself; a schedule of a test's own prints it with what it has found.
import { createHash } from 'node:crypto';
import fc from 'fast-check';

export const SEED = Number(process.env['SEED'] ?? Date.now() % 1e9);

fc.configureGlobal({ seed: SEED });

/** Numbers from 0 to below 1, a stream of its own for each name (mulberry32). */
export function randomOf(name: string): () => number {
  let state = createHash('sha256').update(`${SEED} ${name}`).digest().readInt32BE();
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
