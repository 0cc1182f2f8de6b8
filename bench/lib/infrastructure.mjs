// The shared infrastructure of a run: one PostgreSQL, one Redis and a folder. Each subject gets a fresh database.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { built } from './built.mjs';
import { atEnd, freePort, startServer } from './processes.mjs';

const { startEmbeddedPostgres } = await built('database/embedded/postgres.js');

/** Production settings of PostgreSQL: durable, with enough memory and connections. */
const POSTGRES = ['max_connections=300', 'shared_buffers=512MB', 'max_wal_size=4GB'];
const REDIS = '/usr/bin/redis-server';

export async function startInfrastructure() {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-bench-'));
  atEnd(async () => rmSync(folder, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), settings: POSTGRES, overTcp: true });
  atEnd(() => postgres.stop());
  const redis = await startRedis(folder);

  const owner = new pg.Client({ connectionString: postgres.ownerUrl });
  await owner.connect();
  atEnd(() => owner.end());
  let databases = 0;
  return {
    folder,
    redis,
    owner,
    /** @returns the URLs of an empty database: of the service's role, and of the owner of everything in it */
    async freshDatabase() {
      const name = `bench_${++databases}`;
      await owner.query(`CREATE DATABASE ${name}`);
      const to = (url) => Object.assign(new URL(url), { pathname: `/${name}` }).href;
      return {
        databaseUrl: to(postgres.url),
        ownerUrl: to(postgres.ownerUrl),
        drop: () => owner.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
      };
    },
    /** @returns the process that all of its processes are children of */
    postgresPid: async () =>
      Number(readFileSync(join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n', 1)[0]),
    /** @returns what the server has logged; see statements.mjs */
    postgresLog: () => readFileSync(join(folder, 'postgres', 'log'), 'utf8'),
    async versions() {
      const { rows } = await owner.query('SHOW server_version');
      return { PostgreSQL: rows[0].server_version, Redis: /redis_version:(\S+)/.exec(await redis.info('server'))[1] };
    },
  };
}

async function startRedis(folder) {
  if (!existsSync(REDIS)) throw new Error(`${REDIS} is missing: apt-get install redis-server`);
  const port = await freePort();
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const { pid } = await startServer({
    command: REDIS,
    args: settings,
    isReady: async () => (await ask(port, 'PING')).startsWith('+PONG'),
  });
  return { pid, port, url: `redis://127.0.0.1:${port}`, info: (section) => ask(port, `INFO ${section}`) };
}

/** One inline command on a connection of its own. */
function ask(port, command) {
  return new Promise((done, fail) => {
    let text = '';
    createConnection(port, '127.0.0.1', function begin() {
      this.end(`${command}\r\n`);
    })
      .setEncoding('utf8')
      .on('data', (part) => (text += part))
      .once('end', () => done(text))
      .once('error', fail);
  });
}
