// Creates an empty database with the options of a test.
import pg from 'pg';
import { inject } from 'vitest';

let databases = 0;

/** @param options of CREATE DATABASE */
export async function emptyDatabase(options = ''): Promise<{ url: string; name: string }> {
  const serverUrl = inject('postgresUrl');
  const name = `empty_${process.pid}_${++databases}`;
  await runAt(serverUrl, `CREATE DATABASE ${name} ${options}`);
  return { name, url: serverUrl.replace(/\/postgres$/, `/${name}`) };
}

/** Runs statements on a new connection. */
export async function runAt<T extends pg.QueryResultRow>(url: string, ...statements: string[]): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: T[] = [];
    for (const statement of statements) ({ rows } = await client.query<T>(statement));
    return rows;
  } finally {
    await client.end();
  }
}
