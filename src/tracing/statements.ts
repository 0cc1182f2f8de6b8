// A span for each statement that PostgreSQL is asked: the name of the prepared one, else what it does and to which of our
// tables. Never its text or its values.
import { type Attributes, SpanKind } from '@opentelemetry/api';
import { getTableName } from 'drizzle-orm';
import type pg from 'pg';
import type { Pool } from '../database/connections/pool.js';
import { tables } from '../database/tables.js';
import { fail, type Spans } from './spans.js';
import { wrap } from './wrap.js';

interface Statement {
  readonly text?: string;
  readonly name?: string | undefined;
  readonly submit?: unknown;
}
type Query = (asked: string | Statement, ...more: unknown[]) => Promise<unknown>;

export function traceStatements(pool: Pool, spans: Spans): void {
  const known = new WeakSet<pg.PoolClient>();
  pool.on('acquire', (client) => {
    if (known.has(client)) return;
    known.add(client);
    // One of its many forms is enough for the types: all of them are passed on as they came.
    wrap(client as { query: Query }, 'query', (query) => (asked, ...more) => {
      if (!spans.recording || (typeof asked === 'object' && asked.submit !== undefined)) return query(asked, ...more);
      const { name, attributes } = described(asked);
      const span = spans.begin(name, { kind: SpanKind.CLIENT, attributes });
      const end = (error?: unknown) => {
        if (error) fail(span, error);
        span.end();
      };
      const last = more.at(-1);
      if (typeof last !== 'function') {
        const answer = query(asked, ...more);
        answer.then(() => end(), end);
        return answer;
      }
      const answered = (error: unknown, result: unknown) => {
        end(error);
        last(error, result);
      };
      return query(asked, ...more.slice(0, -1), answered);
    });
  });
}

const ours: ReadonlySet<string> = new Set(Object.values(tables).map((table) => getTableName(table)));
const OPERATION = /^\s*(select|insert|update|delete|with|begin|commit|rollback|set|lock|savepoint|release)\b/i;
const TABLE = /\b(?:from|into|update|join)\s+(?:only\s+)?"?(\w+)"?/gi;

/** What pg calls a prepared statement: our name, and a hash of the text behind it (database/prepared.ts). */
const HASH = /_[0-9a-f]{12}$/;

function described(asked: string | Statement): { name: string; attributes: Attributes } {
  const { text = '', name = '' } = typeof asked === 'string' ? { text: asked } : asked;
  const operation = (OPERATION.exec(text)?.[1] ?? 'other').toUpperCase();
  const table = [...text.matchAll(TABLE)].map(([, each = '']) => each).find((each) => ours.has(each));
  const prepared = /^[a-z_]{1,60}$/.exec(name.replace(HASH, ''))?.[0];
  return {
    name: prepared ?? [operation, table].join(' ').trim(),
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      ...(table === undefined ? {} : { 'db.collection.name': table }),
    },
  };
}
