// Measures the duration of the service's purge. Usage: node purge-process.mjs, with the settings in the environment.
import 'reflect-metadata';
import { built } from './built.mjs';

const { createApp } = await built('app.js');
const { Clock } = await built('clock.js');
const { Config } = await built('config/config.js');
const { Log } = await built('telemetry/log.js');
const { Purge } = await built('sessions/purge.js');

const config = Config.fromEnv();
const app = await createApp({ config, log: Log.to(config), clock: new Clock() });
const started = performance.now();
const { sessions } = await app.get(Purge).run();
console.log(JSON.stringify({ sessions, seconds: (performance.now() - started) / 1_000 }));
await app.close();
