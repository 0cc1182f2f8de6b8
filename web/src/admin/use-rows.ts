// A long list, a page at a time: the first page when it is opened or searched anew, and the next one on demand.
import { useEffect, useState } from 'preact/hooks';
import type { Values } from '../components/form.js';
import { useProven } from '../factors/use-proven.js';
import { own } from '../requests.js';

const PAGE = 50;
/** The service looks at a bounded part of the table at a time: a page may be short, or empty, and not the last one. */
const MAX_ASKED = 5;

interface Shown<R> {
  readonly rows: readonly R[];
  /** The cursor of more; absent at the end. */
  readonly next?: string;
}

/** @param member of the answer, which holds the rows */
export function useRows<R>(path: string, member: string, first: Values) {
  const [filters, setFilters] = useState(first);
  const [shown, setShown] = useState<Shown<R>>();
  const proven = useProven<Values | undefined>(async (wanted) => {
    const before = wanted === undefined ? shown : undefined;
    const page = await read<R>(path, member, wanted ?? filters, before?.next);
    setShown({ ...page, rows: [...(before?.rows ?? []), ...page.rows] });
    if (wanted !== undefined) setFilters(wanted);
  });
  useEffect(() => proven.call.run(first), []);
  return { shown, filters, ...proven };
}

async function read<R>(path: string, member: string, filters: Values, after?: string): Promise<Shown<R>> {
  const rows: R[] = [];
  let next = after;
  for (let asked = 0; asked < MAX_ASKED; asked++) {
    const query = queryOf({ ...filters, limit: String(PAGE - rows.length), after: next ?? '' });
    const answer = (await (await own('GET', `${path}?${query}`)).json()) as Record<string, readonly R[]> & Shown<R>;
    rows.push(...(answer[member] ?? []));
    next = answer.next;
    if (next === undefined || rows.length >= PAGE) break;
  }
  return { rows, ...(next === undefined ? {} : { next }) };
}

/** @returns what is not empty */
export const queryOf = (values: Values): URLSearchParams =>
  new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ''));
