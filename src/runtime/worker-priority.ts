// Gives answers precedence over hashes and signatures when every core is busy.
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const TASKS = '/proc/self/task';
/** As Node names them from version 24 on; before, they cannot be told from its other threads. */
const WORKER = 'libuv-worker';
/**
 * Of nice(2), 0 to 19: when it competes with the main thread, a worker gets about a tenth of a
 * core.
 */
const NICE = 10;

/** On Linux a priority is a thread's. Costs nothing while there is a core to spare. */
export function lowerWorkerPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    for (const id of readdirSync(TASKS))
      if (readFileSync(`${TASKS}/${id}/comm`, 'utf8').trim() === WORKER) setPriority(Number(id), NICE);
  } catch {
    // A system that hides its threads, or forbids this, serves as well without.
  }
}
