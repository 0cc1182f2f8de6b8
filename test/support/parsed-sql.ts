// Reads a statement as PostgreSQL's own parser sees it: its queries, their tables, and what must be equal in them.
import { loadModule, parseSync } from 'libpg-query';

export type Tree = Readonly<Record<string, unknown>>;

/** A query of a statement: sub-queries and common table expressions are queries of their own. */
export interface Query {
  readonly kind: 'SelectStmt' | 'InsertStmt' | 'UpdateStmt' | 'DeleteStmt' | 'MergeStmt';
  readonly tree: Tree;
  readonly outer: Query | undefined;
  /** The tables that it reads or writes, by their alias; without the target of an insert. */
  readonly tables: Map<string, string>;
  /** Aliases of everything else that it reads from. */
  readonly others: Set<string>;
  /** The two sides of what must be equal. */
  readonly equal: (readonly [unknown, unknown])[];
  readonly isInWith: boolean;
}

await loadModule();

const kinds = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'] as const;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;
export const at = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>((found, step) => (isTree(found) ? found[step] : undefined), value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Every node of a kind beneath. */
export function nodesOf(value: unknown, kind: string): Tree[] {
  if (!isTree(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(name === kind && isTree(inner) ? [inner] : []),
    ...nodesOf(inner, kind),
  ]);
}

export const namesOf = (columnRef: unknown): string[] =>
  listOf(at(columnRef, 'fields')).flatMap((field) => {
    const name = at(field, 'String', 'sval');
    return typeof name === 'string' ? [name] : [];
  });

export function queriesOf(text: string): Query[] {
  const found: Query[] = [];
  const expressions = new Set<string>();
  const parsed: unknown = parseSync(text);
  for (const name of nodesOf(parsed, 'CommonTableExpr').map((each) => String(each['ctename']))) expressions.add(name);
  const walk = (value: unknown, outer: Query | undefined, isInWith: boolean): void => {
    if (!isTree(value)) return;
    for (const [name, inner] of Object.entries(value)) {
      const kind = isPartOfUnion(name, inner) ? 'SelectStmt' : kinds.find((each) => each === name);
      if (kind === undefined || !isTree(inner)) walk(inner, outer, isInWith || name === 'CommonTableExpr');
      else walk(inner, open(kind, inner, outer, isInWith), false);
    }
  };
  const open = (kind: Query['kind'], tree: Tree, outer: Query | undefined, isInWith: boolean): Query => {
    const query: Query = { kind, tree, outer, isInWith, tables: new Map(), others: new Set(), equal: [] };
    if (kind !== 'InsertStmt' && tree['relation']) readsFrom({ RangeVar: tree['relation'] }, query, expressions);
    for (const each of [...listOf(tree['fromClause']), ...listOf(tree['usingClause'])])
      readsFrom(each, query, expressions);
    conditions(tree['whereClause'], query);
    found.push(query);
    return query;
  };
  walk(parsed, undefined, false);
  return found;
}

/** The parser wraps every node in its kind, but for the parts of a union. */
const isPartOfUnion = (name: string, inner: unknown) =>
  /^[lr]arg$/.test(name) && isTree(inner) && 'limitOption' in inner;

function readsFrom(item: unknown, query: Query, expressions: ReadonlySet<string>): void {
  const join = at(item, 'JoinExpr');
  if (join) {
    readsFrom(at(join, 'larg'), query, expressions);
    readsFrom(at(join, 'rarg'), query, expressions);
    conditions(at(join, 'quals'), query);
    return;
  }
  const [source] = isTree(item) ? Object.values(item) : [];
  const name = at(item, 'RangeVar', 'relname');
  const alias = at(source, 'alias', 'aliasname') ?? name;
  if (typeof name === 'string' && !expressions.has(name)) query.tables.set(String(alias), name);
  else query.others.add(String(alias));
}

/** What holds of every row: beneath AND, and nothing beneath OR or NOT. */
function conditions(condition: unknown, query: Query): void {
  if (at(condition, 'BoolExpr', 'boolop') === 'AND_EXPR') {
    for (const each of listOf(at(condition, 'BoolExpr', 'args'))) conditions(each, query);
    return;
  }
  const comparison = at(condition, 'A_Expr');
  const isEquality =
    at(comparison, 'name', 0, 'String', 'sval') === '=' &&
    ['AEXPR_OP', 'AEXPR_OP_ANY', 'AEXPR_IN'].includes(String(at(comparison, 'kind')));
  if (isEquality) query.equal.push([at(comparison, 'lexpr'), at(comparison, 'rexpr')]);
}
