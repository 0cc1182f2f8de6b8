// Adds to the figures of a load what each operation cost: the processor time of all processes together, and its parts.
import { processMs } from './cpu-time.mjs';

/**
 * Counts before and after `load` only: a warm-up is a call of its own. The load generator is not counted.
 * @param infrastructure of infrastructure.mjs: PostgreSQL with its backends, and Redis
 * @param subject { pid }, with its threads and children
 * @param load (seconds) => figures of load.mjs; or with `operations`, where others than the answers are counted
 * @returns (seconds) => the figures, and milliseconds an operation: `cpuMs`, of it `serviceMs`, `postgresMs`, `redisMs`
 */
export function costed({ redis, postgresPid }, { pid }, load) {
  const taken = async () => [processMs(pid), processMs(await postgresPid()), processMs(redis.pid)];
  return async (seconds) => {
    const before = await taken();
    const { operations, ...figures } = await load(seconds);
    const after = await taken();
    const count = operations ?? figures.latencies.length + figures.opening.length;
    const each = after.map((ms, at) => (ms - before[at]) / count);
    const [serviceMs, postgresMs, redisMs] = each;
    return { ...figures, cpuMs: serviceMs + postgresMs + redisMs, serviceMs, postgresMs, redisMs };
  };
}
