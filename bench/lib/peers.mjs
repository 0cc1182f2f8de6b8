// Loads the peers' modules, if they are present, and starts them like the other subjects of a scenario.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd } from './processes.mjs';

const FOLDERS = ['noop', 'tutorial', 'better-auth', 'oidc-provider'];
const moduleOf = (folder) => new URL(`../peers/${folder}/index.mjs`, import.meta.url);

/** @returns the peer of that name; throws where there is none */
export async function peer(name) {
  for (const folder of FOLDERS.filter((folder) => existsSync(moduleOf(folder)))) {
    const { peers } = await import(moduleOf(folder).href);
    const found = peers.find((peer) => peer.name === name);
    if (found) return found;
  }
  throw new Error(`bench/peers has no ${name}`);
}

/**
 * @param ownSettings of the service, on top of the bench's: an experiment
 * @returns a scenario's means to start subjects, each on a fresh database, and to end them all
 */
export function subjectsOn(infrastructure, ownSettings = {}) {
  const ends = [];
  return {
    versions: {},
    /** @param subject of peers/ or watchword.mjs @param options such as signingKeyBits; a database of another subject */
    async start(subject, { database, ...options } = {}) {
      const fresh = database ?? (await infrastructure.freshDatabase());
      const { databaseUrl, ownerUrl } = fresh;
      const own = subject.name.startsWith('Watchword');
      const running = await subject.start({
        ...(own ? { databaseUrl, ownerUrl } : { databaseUrl: ownerUrl }),
        redisUrl: infrastructure.redis.url,
        logFile: join(infrastructure.folder, 'subjects.log'), // Watchword's; the peers write none
        signingKeyBits: 3072,
        ...options,
        ...(own ? { settings: { ...options.settings, ...ownSettings } } : {}),
      });
      ends.push(atEnd(() => running.stop()));
      if (!database) ends.push(async () => fresh.drop());
      this.versions[subject.name] = subject.version;
      return Object.assign(running, { name: subject.name, database: fresh });
    },
    async end() {
      // Databases are dropped after the subjects have stopped.
      for (const end of ends.splice(0)) await end();
    },
  };
}
