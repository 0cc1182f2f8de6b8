// Measures the memory that is in use after a full garbage collection.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** @returns bytes on the heap and in buffers after a full collection */
export async function collectedHeap(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((later) => setImmediate(later)); // finalizers free buffers
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
