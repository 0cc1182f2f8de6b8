// Sizes libuv's thread pool, where passwords are hashed and tokens signed. The programs import it before anything else:
// the pool has the size that the environment says when it is first used.
import { availableParallelism } from 'node:os';

/** Beside the threads that compute: files and look-ups of names, which mostly wait. */
const WAITING = 2;

/** `availableParallelism` knows what the cgroup grants (Node 22 and later; Node 20 has used the pool before). */
process.env['UV_THREADPOOL_SIZE'] ??= String(availableParallelism() + WAITING);
