// Runs the built service in the bench's own process, for the counts of the database and for faults of Redis.
import { buildIfStale } from '../../scripts/build.mjs';
import { built } from './built.mjs';

buildIfStale();
const { createApp } = await built('app.js');
const { Clock } = await built('clock.js');
const { Config } = await built('config/config.js');
const { Log } = await built('telemetry/log.js');
const { Metrics } = await built('telemetry/metrics.js');
export const { startEmbeddedPostgres } = await built('database/embedded/postgres.js');

/**
 * @param server the embedded PostgreSQL that it works on
 * @param settings on top of those of the bench
 */
export async function startInProcess(server, settings = {}) {
  const config = Config.fromEnv(process.env, {
    NODE_ENV: 'test',
    DATABASE_URL: server.url,
    DATABASE_OWNER_URL: server.ownerUrl,
    KEY_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
    SIGNING_KEY_BITS: '2048',
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'silent',
    ...settings,
  });
  const app = await createApp({ config, log: Log.to(config), clock: new Clock() });
  await app.listen(0, '127.0.0.1');
  return {
    app,
    url: `http://127.0.0.1:${app.getHttpServer().address().port}`,
    metrics: () => app.get(Metrics).registry.metrics(),
  };
}
