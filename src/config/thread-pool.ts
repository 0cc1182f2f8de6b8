// Sizes libuv's thread pool, where passwords are hashed and tokens signed: a thread for each core, as more of them only
// take turns on the cores (docs/measurements.md). The programs import this before anything else, because the pool has the
// size that the environment says when it is first used.
import { availableParallelism } from 'node:os';

/** What the cgroup grants counts (Node 22 and later; Node 20 has made its four threads by now). */
process.env['UV_THREADPOOL_SIZE'] ??= String(availableParallelism());
