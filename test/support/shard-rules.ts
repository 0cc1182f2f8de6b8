// The rules for statements that a sharded database can run (docs/operations/citus.md): what breaks them, in words.
import { getTableName } from 'drizzle-orm';
import { distribution, type Placement } from '../../src/database/distribution.js';
import { tables } from '../../src/database/tables.js';
import { at, namesOf, nodesOf, queriesOf, type Query, type Tree } from './parsed-sql.js';

const placements = new Map<string, Placement>(
  Object.entries(distribution).map(([variable, placement]) => [
    getTableName(tables[variable as keyof typeof tables]),
    placement,
  ]),
);
const columnOf = (table: string) => {
  const placement = placements.get(table);
  return typeof placement === 'object' ? placement.by : undefined;
};
/** Tables of one group lie together. */
const groupOf = (table: string) => {
  const placement = placements.get(table);
  if (typeof placement !== 'object') return placement;
  return placement.isWithUsers ? 'with users' : table;
};

const judged = new Map<string, readonly string[]>();

/** @returns one text for each rule that the statement breaks */
export function brokenBy(text: string): readonly string[] {
  const before = judged.get(text);
  if (before) return before;
  const queries = queriesOf(text);
  const broken = [...new Set([...everywhere(queries), ...(isDistributed(queries) ? onShards(queries) : [])])];
  judged.set(text, broken);
  return broken;
}

function everywhere(queries: readonly Query[]): string[] {
  return queries.flatMap(({ tree }) => [
    ...nodesOf(tree, 'LockingClause').flatMap(({ waitPolicy }) =>
      waitPolicy === 'LockWaitSkip' ? ['SKIP LOCKED'] : [],
    ),
    ...nodesOf(tree, 'ColumnRef').flatMap((column) => (namesOf(column).at(-1) === 'ctid' ? ['ctid'] : [])),
  ]);
}

const targetOf = ({ kind, tree }: Query) =>
  kind === 'InsertStmt' ? String(at(tree, 'relation', 'relname')) : undefined;
const namesIn = (query: Query) => [...query.tables.values(), ...[targetOf(query)].flatMap((name) => name ?? [])];
const isDistributed = (queries: readonly Query[]) =>
  queries.flatMap(namesIn).some((name) => columnOf(name) !== undefined);

function onShards(queries: readonly Query[]): string[] {
  const groups = new Set(queries.flatMap(namesIn).flatMap((name) => groupOf(name) ?? []));
  groups.delete('reference');
  const writes = queries.filter(({ kind }) => kind !== 'SelectStmt');
  return [
    ...(groups.size > 1 ? [`one statement for ${[...groups].toSorted().join(' and ')}`] : []),
    ...(writes.length > 1 ? ['several writes in one statement'] : []),
    ...writes.flatMap(({ tree }) => misplacedTimes(tree)),
    ...queries.flatMap(withoutShard),
  ];
}

/** Of a write, the entry node sets the time for all shards; in these places it cannot. */
function misplacedTimes(tree: Tree): string[] {
  const isIn = (kind: string) => nodesOf(tree, kind).some(hasTime);
  return [
    ...(isIn('CaseExpr') ? ['protocol_now() in CASE'] : []),
    ...(isIn('CoalesceExpr') ? ['protocol_now() in COALESCE'] : []),
    ...(hasTime(tree['returningClause']) ? ['protocol_now() in RETURNING'] : []),
    ...(isIn('onConflictClause') ? ['protocol_now() in ON CONFLICT'] : []),
    ...(computed(tree).some((each) => hasTime(each) && nodesOf(each, 'ColumnRef').length > 0)
      ? ['protocol_now() computed with a column']
      : []),
  ];
}

const hasTime = (value: unknown): boolean =>
  nodesOf(value, 'FuncCall').some((call) => at(call, 'funcname', 0, 'String', 'sval') === 'protocol_now');
/** Arithmetic and calls, but no comparison. */
const computed = (tree: Tree): Tree[] => [
  ...nodesOf(tree, 'A_Expr').filter((each) => /^[-+*/]$/.test(String(at(each, 'name', 0, 'String', 'sval')))),
  ...nodesOf(tree, 'FuncCall'),
];

/** The tables of a query whose distribution column is equal to nothing that is known. */
function withoutShard(query: Query): string[] {
  const known = new Set<string>();
  for (let before = -1; before !== known.size;) {
    before = known.size;
    for (const [one, other] of query.equal) {
      if (isKnown(other, query, known)) for (const key of keysOf(one, query)) known.add(key);
      if (isKnown(one, query, known)) for (const key of keysOf(other, query)) known.add(key);
    }
  }
  return [...query.tables].flatMap(([alias, table]) =>
    columnOf(table) !== undefined && !known.has(alias) ? [`${table} without its shard`] : [],
  );
}

/** The tables of this query whose distribution column it is. */
function keysOf(side: unknown, { tables: own }: Query): string[] {
  const names = namesOf(at(side, 'ColumnRef'));
  const column = names.at(-1);
  const of = names.length > 1 ? names.at(-2) : undefined;
  return [...own].flatMap(([alias, table]) =>
    column !== undefined && columnOf(table) === column && (of === undefined || of === alias) ? [alias] : [],
  );
}

/** A value that was given, that another source brings, or a distribution column of which it is said already. */
function isKnown(side: unknown, query: Query, known: ReadonlySet<string>): boolean {
  const keys = keysOf(side, query);
  if (keys.length > 0) return keys.some((key) => known.has(key));
  if (nodesOf(side, 'SubLink').length > 0) return false;
  return nodesOf({ side }, 'ColumnRef').every((column) => isFromElsewhere(namesOf(column), query));
}

/** Of a function or a common table expression, or of a distribution column of the query around. */
function isFromElsewhere(names: readonly string[], query: Query): boolean {
  const of = names.length > 1 ? names.at(-2) : undefined;
  if (of !== undefined && query.others.has(of)) return true;
  const around = query.outer;
  if (!around || (of !== undefined && query.tables.has(of))) return false;
  return (
    keysOf({ ColumnRef: { fields: names.map((sval) => ({ String: { sval } })) } }, around).length > 0 ||
    isFromElsewhere(names, around)
  );
}
