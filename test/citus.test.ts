// deploy/citus.sql distributes every table as src/database/distribution.ts says, and PostgreSQL's parser reads it.
import { readFileSync } from 'node:fs';
import { getTableName } from 'drizzle-orm';
import { parseSync } from 'libpg-query';
import { expect, it } from 'vitest';
import { backstops, distribution } from '../src/database/distribution.js';
import { tables } from '../src/database/tables.js';
import { nodesOf } from './support/parsed-sql.js';

const script = readFileSync('deploy/citus.sql', 'utf8');

it('deploy/citus.sql gives each table its place, and every other statement of it can be parsed', () => {
  expect(nodesOf(parseSync(script), 'stmt').length).toBeGreaterThan(40);
  const calls = [...script.matchAll(/^SELECT (\w+)\((.+)\);$/gm)].map(([, act, given]) => `${act}(${given})`);
  const expected = Object.entries(distribution).map(([variable, placement]) => {
    const name = getTableName(tables[variable as keyof typeof tables]);
    if (placement === 'reference') return `create_reference_table('${name}')`;
    if (placement === 'local') return `citus_add_local_table_to_metadata('${name}')`;
    const beside = placement.isWithUsers && name !== 'users' ? 'users' : 'none';
    return `create_distributed_table('${name}', '${placement.by}', colocate_with => '${beside}')`;
  });
  expect(calls.toSorted()).toEqual(expected.toSorted());
  // The others are put beside it.
  expect(calls.find((call) => call.startsWith('create_distributed_table'))).toContain("'users'");
});

it('deploy/citus.sql takes every backstop away before', () => {
  const [before = ''] = script.split('create_');
  const drops = [...before.matchAll(/^(?:DROP TRIGGER (\w+) ON (\w+)|ALTER TABLE (\w+) DROP CONSTRAINT (\w+));$/gm)];
  expect(drops.map(([, trigger, on, table, name]) => [on ?? table, trigger ?? name])).toEqual(
    [...backstops.triggers, ...backstops.constraints].map((each) => [...each]),
  );
});
