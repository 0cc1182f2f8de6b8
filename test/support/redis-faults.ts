// What does a Redis say that is there but not well? LOADING, NOREPLICAS, OOM: made on real servers.
import { RedisServer } from './redis.js';
import { until } from './until.js';

/** 2,000 keys, 10 ms for each, and after each an ear for its clients. */
const FILLER = { keys: 2_000, bytes: 1_100 };
const SLOW = { 'key-load-delay': 10_000, 'loading-process-events-interval-bytes': 1_024 };

/**
 * Answers LOADING until the returned function is called, or for 20 s. As a restart: connections closed, another run_id,
 * the data as it is now. In place: on the connections and with the run_id that it has.
 */
export async function startLoading(server: RedisServer, how: 'restart' | 'in place'): Promise<() => Promise<void>> {
  await server.cli('CONFIG', 'SET', 'rdbcompression', 'no');
  await server.cli('DEBUG', 'POPULATE', FILLER.keys, 'filler', FILLER.bytes);
  if (how === 'restart') {
    await server.cli('SAVE');
    await server.kill();
    const slow = Object.entries(SLOW).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    await server.start(slow, { untilLoaded: false });
  } else {
    await server.cli('CONFIG', 'SET', ...Object.entries(SLOW).flat());
    server.cli('DEBUG', 'RELOAD').catch(() => undefined);
  }
  await until('it loads', async () => (await server.info('loading')) === '1');
  return async () => {
    await server.cli('CONFIG', 'SET', 'key-load-delay', 0);
    await until('it has loaded', async () => (await server.cli('PING')) === 'PONG');
  };
}

/**
 * Reads are answered and writes are not: NOREPLICAS refuses them all; OOM only those that need memory, so DEL passes.
 */
export async function refuseWrites(server: RedisServer, how: 'NOREPLICAS' | 'OOM' = 'NOREPLICAS'): Promise<void> {
  if (how === 'NOREPLICAS') await server.cli('CONFIG', 'SET', 'min-replicas-to-write', 1);
  else await server.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction', 'maxmemory', 1);
}

export async function acceptWrites(server: RedisServer): Promise<void> {
  await server.cli('CONFIG', 'SET', 'min-replicas-to-write', 0, 'maxmemory', 0);
}
