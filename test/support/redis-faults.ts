// Makes real Redis servers answer LOADING, NOREPLICAS and OOM.
import { RedisServer } from './redis.js';
import { until } from './until.js';

/** 2,000 keys at 10 ms each; it serves its clients after each key. */
const FILLER = { keys: 2_000, bytes: 1_100 };
const SLOW = { 'key-load-delay': 10_000, 'loading-process-events-interval-bytes': 1_024 };

/**
 * Answers LOADING until the returned function is called, or for 20 s. As a restart: closed connections, a new run_id,
 * the present data. In place: with the present connections and run_id.
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
  await until('Redis is loading', async () => (await server.info('loading')) === '1');
  return async () => {
    await server.cli('CONFIG', 'SET', 'key-load-delay', 0);
    await until('Redis has loaded', async () => (await server.cli('PING')) === 'PONG');
  };
}

/**
 * Answers reads and refuses writes: NOREPLICAS refuses all of them; OOM only those that need memory, so DEL passes.
 */
export async function refuseWrites(server: RedisServer, how: 'NOREPLICAS' | 'OOM' = 'NOREPLICAS'): Promise<void> {
  if (how === 'NOREPLICAS') await server.cli('CONFIG', 'SET', 'min-replicas-to-write', 1);
  else await server.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction', 'maxmemory', 1);
}

export async function acceptWrites(server: RedisServer): Promise<void> {
  await server.cli('CONFIG', 'SET', 'min-replicas-to-write', 0, 'maxmemory', 0);
}
