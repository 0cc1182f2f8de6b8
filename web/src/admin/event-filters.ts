// What the events can be searched by: as it is typed, and as the service is asked.
import { outcomeOf } from '../../../src/audit/events.js';
import type { Values } from '../components/form.js';

const names = ['user', 'type', 'ip', 'from', 'to'] as const;

export const eventTypes: readonly string[] = Object.keys(outcomeOf).toSorted();

export const filtersIn = (values: Values): Values =>
  Object.fromEntries(names.map((name) => [name, (values[name] ?? '').trim()]));

/** Days are the reader's: from the midnight before the first to the midnight after the last. */
export const asAsked = ({ from = '', to = '', ...others }: Values): Values => ({
  ...others,
  from: from === '' ? '' : new Date(`${from}T00:00:00`).toISOString(),
  to: to === '' ? '' : dayAfter(new Date(`${to}T00:00:00`)).toISOString(),
});

/** A day of 23 or 25 hours is one, too. */
function dayAfter(day: Date): Date {
  const next = new Date(day);
  next.setDate(day.getDate() + 1);
  return next;
}
