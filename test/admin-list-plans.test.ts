// Each page of users and events that administrators search costs the same: one index, one window of rows.
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alongIndex, boundedPage, type Scan, WINDOW } from '../src/admin/bounded-page.js';
import { type EventFilters, scanOfEvents } from '../src/admin/event-search.js';
import { type UserFilters, scanOfUsers } from '../src/admin/user-search.js';
import { Database } from '../src/database/database.js';
import { type Service, startService } from './support/service.js';

const USERS = 40_000;
const EVENTS = 60_000;
const PAGE = 50;
const someone = randomUUID();

let service: Service;
beforeAll(async () => {
  service = await startService();
  // One in twenty is disabled, one in a thousand is an auditor.
  await service.query(
    `INSERT INTO users (id, email, role, disabled_at)
     SELECT gen_random_uuid(), md5(n::text) || '@example.com', CASE WHEN n % 1000 = 0 THEN 'auditor' ELSE 'user' END,
            CASE WHEN n % 20 = 1 THEN now() END
       FROM generate_series(1, $1::int) n`,
    [USERS],
  );
  await service.query(
    `INSERT INTO audit_events (user_id, id, at, type, outcome, ip, details)
     SELECT CASE WHEN n % 3 = 0 THEN $2::uuid ELSE gen_random_uuid() END, gen_random_uuid(),
            now() - n * interval '1 second', CASE WHEN n % 500 = 0 THEN 'role.changed' ELSE 'login.failed' END, 'failure',
            '10.0.0.0'::inet + n % 7, '{}'
       FROM generate_series(1, $1::int) n`,
    [EVENTS, someone],
  );
  await service.query('ANALYZE users, audit_events');
});
afterAll(() => service.stop());

interface Node {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Node[];
}

async function planOf(scan: Scan): Promise<Node[]> {
  const explained = sql`explain (analyze, format json) ${boundedPage(scan, PAGE)}`;
  const database = service.app.get(Database);
  const [row] = await alongIndex<{ 'QUERY PLAN': [{ Plan: Node }] }>(database, explained);
  const flat = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(flat)];
  return flat(row?.['QUERY PLAN'][0].Plan as Node);
}

/** Without those that met no row: a partition of another month, and the default one. */
const scansOf = (nodes: readonly Node[]) =>
  nodes.filter((node) => node['Relation Name'] !== undefined && rowsOf(node) > 0);
const rowsOf = (node: Node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];

function expectOneIndex(nodes: readonly Node[], index: RegExp, most: number) {
  const scans = scansOf(nodes);
  expect(scans.map((node) => [node['Node Type'], node['Index Name']])).toEqual([
    ['Index Scan', expect.stringMatching(index)],
  ]);
  for (const node of nodes) expect(rowsOf(node), `of ${node['Node Type']}`).toBeLessThanOrEqual(most);
}

/** In the middle of all of them: what the page before has ended at. */
const halfway = '8';

describe('a page of users goes along one index', () => {
  it.each<[string, UserFilters, RegExp, number]>([
    ['everybody', {}, /^users_email_order$/, PAGE + 1],
    ['a prefix', { email: 'ab' }, /^users_email_order$/, PAGE + 1],
    ['those who are not disabled', { disabled: false }, /^users_email_order$/, PAGE * 2],
    ['the disabled ones', { disabled: true }, /^users_disabled_email$/, PAGE + 1],
    ['a rare role', { role: 'auditor' }, /^users_role_email$/, PAGE + 1],
    ['the common role', { role: 'user' }, /^users_role_email$/, PAGE + 1],
    ['a rare role, disabled', { role: 'auditor', disabled: true }, /^users_role_email$/, WINDOW],
    ['the common role, disabled', { role: 'user', disabled: true }, /^users_disabled_email$/, WINDOW],
    ['all of them at once', { email: 'ab', role: 'user', disabled: false }, /^users_role_email$/, WINDOW],
  ])('for %s', async (_name, filters, index, most) => {
    for (const after of [undefined, filters.email ? `${filters.email}${halfway}` : halfway]) {
      const nodes = await planOf(scanOfUsers(filters, after));
      expectOneIndex(nodes, index, most);
    }
  });
});

describe('a page of events goes along one index', () => {
  const day = 86_400_000;
  it.each<[string, EventFilters, RegExp, number]>([
    ['all of them', {}, /_at_id_idx$/, PAGE + 1],
    ['one user', { userId: someone }, /_pkey$/, PAGE + 1],
    ['a rare type', { type: 'role.changed' }, /_type_at_id_idx$/, PAGE + 1],
    ['a frequent type', { type: 'login.failed' }, /_type_at_id_idx$/, PAGE + 1],
    ['an address', { ip: '10.0.0.3' }, /_ip_at_id_idx$/, PAGE + 1],
    ['a user and a type', { userId: someone, type: 'role.changed' }, /_pkey$/, WINDOW],
    ['an address and a type', { ip: '10.0.0.3', type: 'role.changed' }, /_ip_at_id_idx$/, WINDOW],
    ['all three', { userId: someone, ip: '10.0.0.3', type: 'login.failed' }, /_pkey$/, WINDOW],
    ['a time', { from: new Date(Date.now() - day), to: new Date() }, /_at_id_idx$/, PAGE + 1],
  ])('for %s', async (_name, filters, index, most) => {
    const [middle] = await service.query<{ micros: string }>(
      `SELECT (extract(epoch FROM now() - interval '2 hours') * 1000000)::bigint::text AS micros`,
    );
    for (const after of [undefined, `${middle?.micros} ${randomUUID()}`])
      expectOneIndex(await planOf(scanOfEvents(filters, after)), index, most);
  });
});
