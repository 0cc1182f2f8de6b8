// Measures the limits of this machine: signing, hashing and querying Redis, each alone.
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { output } from './processes.mjs';

/** Signatures a second on all cores: `openssl speed` */
export const opensslAlone = (bits) => ({
  name: `openssl speed, rsa${bits}, ${cpus().length} cores`,
  isSteady: true,
  isQuietOnly: true,
  async measure() {
    const options = ['-multi', `${cpus().length}`, '-seconds', '1', '-mr'];
    const text = await output('openssl', ['speed', ...options, `rsa${bits}`]);
    const perSecond = Number(/^\+F2:\d+:\d+:([\d.]+):/m.exec(text)?.[1]); // signatures; verifications follow
    if (!(perSecond > 0)) throw new Error(`openssl speed: ${text}`);
    return { perSecond };
  },
});

/** Processor time of one signature by Node's own OpenSSL, which the service and the peers use; as many processes as cores. */
export const signatureAlone = (bits) => ({
  name: `signature alone, rsa${bits}`,
  isSteady: true,
  isQuietOnly: true,
  async measure(seconds) {
    const program = fileURLToPath(new URL('signature-process.mjs', import.meta.url));
    const one = async () => Number(await output(process.execPath, [program, `${bits}`, `${seconds}`]));
    const all = await Promise.all(cpus().map(one));
    return { cpuMs: all.reduce((sum, ms) => sum + ms, 0) / all.length };
  },
});

/** The cheapest query that decides about a token: the fields of one user's entry. */
export const redisAlone = ({ port }, clients) => ({
  name: 'redis-benchmark, HMGET',
  isSteady: true,
  isQuietOnly: true,
  async measure() {
    const options = ['-h', '127.0.0.1', '-p', `${port}`, '-c', `${clients}`, '-n', '50000', '--csv'];
    const text = await output('redis-benchmark', [
      ...options,
      'HMGET',
      'auth:{user}',
      'v',
      'e',
      'j:token',
      's:session',
    ]);
    const perSecond = Number(/HMGET[^"]*","([\d.]+)"/.exec(text)?.[1]);
    if (!(perSecond > 0)) throw new Error(`redis-benchmark: ${text}`);
    return { perSecond };
  },
});

/** Passwords verified a second with the service's parameters, as many at a time, in a process that does nothing else. */
export const argon2Alone = () => ({
  name: 'argon2 alone',
  isSteady: true,
  async measure(seconds) {
    const program = fileURLToPath(new URL('argon2-process.mjs', import.meta.url));
    const env = { PATH: process.env.PATH, UV_THREADPOOL_SIZE: `${cpus().length}` };
    return JSON.parse(await output(process.execPath, [program, `${seconds}`], { env }));
  },
});
