// The two conditions of a measurement: a quiet machine, and one with a neighbour that keeps a core busy.
import { fileURLToPath } from 'node:url';
import { processMs } from './cpu-time.mjs';
import { startServer } from './processes.mjs';

export const QUIET = 'quiet';
export const ONE_CORE_TAKEN = 'one core taken';

const PROGRAM = fileURLToPath(new URL('neighbour-process.mjs', import.meta.url));
/** It ends by itself after this time, also if nobody ends it. */
const NEIGHBOUR_SECONDS = 600;

/** @returns the name of a row or a target in this condition */
export const named = (name, condition) => (condition === QUIET ? name : `${name}, ${condition}`);

/**
 * Runs `work`, beside the neighbour where the condition has one.
 * @param taken of rounds.mjs; gets the share of a core that the neighbour got
 * @returns what `work` resolves to
 */
export async function under(condition, taken, work) {
  if (condition === QUIET) return await work();
  const { pid, stop } = await startServer({
    args: [PROGRAM, `${NEIGHBOUR_SECONDS}`],
    isReady: async () => true,
  });
  try {
    const [startedAt, before] = [performance.now(), processMs(pid)];
    const result = await work();
    const share = (processMs(pid) - before) / (performance.now() - startedAt);
    taken.add('the neighbour', { 'of a core': share });
    return result;
  } finally {
    await stop();
  }
}
