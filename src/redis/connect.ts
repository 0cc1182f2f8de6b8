// Connects to Redis: one server, a Sentinel set or a Cluster.
import { readFileSync } from 'node:fs';
import { Cluster, Redis as Client, type RedisOptions } from 'ioredis';
import type { Config } from '../config/config.js';

const soon = (times: number) => Math.min(50 * times, 500);

/**
 * @param socketTimeout ms; a connection that has not answered for this long counts as dead
 * @returns undefined where no Redis is configured
 */
export function connect(config: Config, socketTimeout: number): Client | Cluster | undefined {
  const ca = config.REDIS_CA_FILE === undefined ? {} : { ca: readFileSync(config.REDIS_CA_FILE) };
  const identity = {
    ...(config.REDIS_USERNAME ? { username: config.REDIS_USERNAME } : {}),
    ...(config.REDIS_PASSWORD ? { password: config.REDIS_PASSWORD } : {}),
    ...(config.REDIS_TLS === 'on' ? { tls: ca } : {}),
  };
  const common = {
    // What was sent on a connection that broke is not sent again by itself: the next one may lead
    // to another server.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    maxLoadingRetryTime: 500,
    socketTimeout,
    connectionName: 'watchword',
  } satisfies RedisOptions;
  const alone = { ...common, enableOfflineQueue: false, retryStrategy: soon };

  if (config.REDIS_CLUSTER_NODES) {
    const cluster = new Cluster([...config.REDIS_CLUSTER_NODES], {
      redisOptions: { ...common, ...identity },
      scaleReads: 'master',
      enableOfflineQueue: false,
      clusterRetryStrategy: soon,
      slotsRefreshTimeout: 500,
      slotsRefreshInterval: 1_000,
      maxRedirections: 3,
      // With a delay ioredis would carry out what the caller has given up, on whichever node comes
      // next.
      ...{ retryDelayOnFailover: 0, retryDelayOnClusterDown: 0, retryDelayOnTryAgain: 0 },
    });
    return cluster.on('+node', (node: Client) => void heedingErrors(node));
  }
  if (config.REDIS_SENTINELS) {
    return heedingErrors(
      new Client({
        ...alone,
        ...identity,
        sentinels: [...config.REDIS_SENTINELS],
        name: config.REDIS_SENTINEL_NAME,
        role: 'master',
        failoverDetector: true,
        sentinelRetryStrategy: soon,
        sentinelCommandTimeout: 500,
        ...(config.REDIS_SENTINEL_PASSWORD ? { sentinelPassword: config.REDIS_SENTINEL_PASSWORD } : {}),
        ...(config.REDIS_TLS === 'on' ? { sentinelTLS: ca, enableTLSForSentinelMode: true } : {}),
      }),
    );
  }
  if (!config.REDIS_URL) return undefined;
  const tls = config.REDIS_URL.startsWith('rediss:') ? { tls: ca } : {};
  return heedingErrors(new Client(config.REDIS_URL, { ...alone, ...tls }));
}

/**
 * ioredis listens for one error of a socket. One that is given up while it refuses the server's certificate has a second
 * one, the server's alert, which would end the process (redis/ioredis#961, open since 2019).
 */
function heedingErrors(client: Client): Client {
  return client.on('error', () => client.stream?.on('error', () => undefined));
}
