// Collects every statement that the service sends in a file of tests.
import pg from 'pg';

/** Others begin and end transactions, and set what holds for a session. */
const READS_OR_WRITES = /^\s*(?:with|select|insert|update|delete|merge)\b/i;

const seen = new Set<string>();

type Send = (this: pg.Client, statement: unknown, ...rest: unknown[]) => unknown;
const prototype = pg.Client.prototype as unknown as { query: Send; isCollected?: true };

if (!prototype.isCollected) {
  const send = prototype.query;
  prototype.isCollected = true;
  prototype.query = function (statement, ...rest) {
    const text = typeof statement === 'string' ? statement : (statement as { text?: unknown } | null)?.text;
    if (typeof text === 'string' && READS_OR_WRITES.test(text) && isOfService(this)) seen.add(text);
    return send.call(this, statement, ...rest);
  };
}

const isOfService = (client: unknown): boolean =>
  (client as { connectionParameters?: { application_name?: string } }).connectionParameters?.application_name ===
  'watchword';

/** Those that were sent since the last call. */
export function takeStatements(): string[] {
  const taken = [...seen];
  seen.clear();
  return taken;
}
