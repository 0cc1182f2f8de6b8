// What all purges share: rows that are over go by their keys, and nobody waits for a purge.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { Database } from '../src/database/database.js';
import { overDenials } from '../src/revocation/denials.js';
import { mobile } from './support/client.js';
import { type Service, startServiceForTest } from './support/service.js';

const uncounted = () => undefined;

/** Four revocations, all of them over. */
async function overRows(service: Service): Promise<string[]> {
  const { user } = await mobile(service.url);
  const refs = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  await service.query(
    `INSERT INTO access_revocations SELECT $1, 'j', ref, protocol_now() - interval '1 second' FROM unnest($2::uuid[]) ref`,
    [user.id, refs],
  );
  return refs;
}

const left = async (service: Service) =>
  (await service.query<{ ref: string }>('SELECT ref FROM access_revocations')).map(({ ref }) => ref);

it('a purge leaves a row that was renewed after it had found it', async () => {
  const service = await startServiceForTest();
  const database = service.app.get(Database);
  const [renewed] = await overRows(service);
  const { rows: keys } = await database.execute(overDenials.find());
  expect(keys).toHaveLength(4);
  await service.query("UPDATE access_revocations SET expires_at = protocol_now() + interval '1 hour' WHERE ref = $1", [
    renewed,
  ]);
  await database.execute(overDenials.remove(keys));
  expect(await left(service)).toEqual([renewed]);
});

it('a purge gives way to somebody who holds one of its rows, and takes all in a later round', async () => {
  const service = await startServiceForTest();
  const database = service.app.get(Database);
  const refs = await overRows(service);
  const other = new pg.Client({ connectionString: service.databaseUrl });
  await other.connect();
  onTestFinished(() => other.end());
  await other.query('BEGIN');
  await other.query('SELECT FROM access_revocations WHERE ref = $1 FOR UPDATE', [refs[0]]);
  expect(await overDenials.run(database, uncounted)).toBe(0);
  // It holds nothing that the other one could wait for.
  await other.query('SELECT FROM access_revocations FOR UPDATE NOWAIT');
  await other.query('COMMIT');
  expect(await overDenials.run(database, uncounted)).toBe(4);
});

it('of instances that purge at once each row goes once, and none fails', async () => {
  const service = await startServiceForTest();
  const database = service.app.get(Database);
  await overRows(service);
  const gone = await Promise.all(Array.from({ length: 5 }, () => overDenials.run(database, uncounted)));
  expect(gone.toSorted()).toEqual([0, 0, 0, 0, 4]);
});
