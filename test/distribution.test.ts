// What the catalog says of the tables must fit their distribution: a shard alone can keep what is unique on it.
import { getTableName } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backstops, distribution, type Placement } from '../src/database/distribution.js';
import { tables } from './support/table-writes.js';
import { tables as all } from '../src/database/tables.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** By the name in the database. */
const placements = new Map<string, Placement>(
  Object.entries(distribution).map(([variable, placement]) => [
    getTableName(all[variable as keyof typeof all]),
    placement,
  ]),
);
const columnOf = (table: string) => {
  const placement = placements.get(table);
  return typeof placement === 'object' ? placement.by : undefined;
};
const isWithUsers = (table: string) => {
  const placement = placements.get(table);
  return typeof placement === 'object' && placement.isWithUsers;
};

/** The partitions of audit_events have the indexes of their table. */
const NO_PARTITION = 'NOT c.relispartition AND c.relnamespace = $$public$$::regnamespace';

describe('on a sharded database', () => {
  it('every table has its place', () => {
    expect([...placements.keys()].toSorted()).toEqual([...tables.values()].toSorted());
  });

  it('each distributed table has its column, which is never null', async () => {
    const columns = await service.query<{ name: string }>(
      `SELECT attrelid::regclass || '.' || attname AS name FROM pg_attribute WHERE attnotnull`,
    );
    const names = new Set(columns.map(({ name }) => name));
    const distributed = [...placements.keys()].filter((table) => columnOf(table) !== undefined);
    expect(distributed.filter((table) => !names.has(`${table}.${columnOf(table)}`))).toEqual([]);
  });

  it('each unique index of a distributed table contains its column, and no constraint excludes across shards', async () => {
    const indexes = await service.query<{ table: string; name: string; columns: string[] }>(
      `SELECT c.relname AS table, x.indexrelid::regclass::text AS name,
              (SELECT array_agg(a.attname::text) FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum = ANY (x.indkey::int2[])) AS columns
         FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
        WHERE (x.indisunique OR x.indisexclusion) AND ${NO_PARTITION}`,
    );
    const distributed = indexes.filter(({ table }) => columnOf(table) !== undefined);
    expect(distributed.length).toBeGreaterThan(20);
    const misfits = distributed.filter(({ table, columns }) => !columns.includes(columnOf(table) ?? ''));
    expect(misfits.map(({ name }) => name)).toEqual([]);
  });

  it('each foreign key stays on one shard, or leads to a table that is whole on each node', async () => {
    const keys = await service.query<{ name: string; from: string; to: string; pairs: [string, string][] }>(
      `SELECT k.conname AS name, c.relname AS from, k.confrelid::regclass::text AS to,
              (SELECT jsonb_agg(jsonb_build_array(a.attname, b.attname)) FROM unnest(k.conkey, k.confkey) AS n(a, b)
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.a
                 JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = n.b) AS pairs
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype = 'f' AND ${NO_PARTITION}`,
    );
    expect(keys.length).toBeGreaterThan(10);
    const isOnOneShard = ({ from, to, pairs }: (typeof keys)[number]) =>
      isWithUsers(from) &&
      isWithUsers(to) &&
      pairs.some(([own, others]) => own === columnOf(from) && others === columnOf(to));
    const isEverywhere = ({ to }: (typeof keys)[number]) => placements.get(to) === 'reference';
    const isLocal = ({ from, to }: (typeof keys)[number]) =>
      placements.get(from) === 'local' && placements.get(to) === 'local';
    const misfits = keys.filter((key) => !isOnOneShard(key) && !isEverywhere(key) && !isLocal(key));
    expect(misfits.map(({ name }) => name)).toEqual([]);
  });

  it('no table counts by itself: each shard would begin at one', async () => {
    const counting = await service.query(
      `SELECT a.attrelid::regclass AS table, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE ${NO_PARTITION} AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval%')`,
    );
    expect(counting).toEqual([]);
  });

  it('nothing but the backstops is left to triggers of shards, and none fires for a statement as a whole', async () => {
    const triggers = await service.query<{ table: string; name: string; isForEachRow: boolean }>(
      `SELECT c.relname AS table, t.tgname AS name, (t.tgtype & 1) = 1 AS "isForEachRow"
         FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND ${NO_PARTITION} AND t.tgname NOT LIKE '%check%'`,
    );
    const distributed = triggers.filter(({ table }) => typeof placements.get(table) === 'object');
    expect(distributed.map(({ table, name }) => [table, name]).toSorted()).toEqual(
      backstops.triggers.map((each) => [...each]).toSorted(),
    );
    expect(triggers.every(({ isForEachRow }) => isForEachRow)).toBe(true);
  });
});
