// The kinds of columns that tables share.
import { sql } from 'drizzle-orm';
import { customType } from 'drizzle-orm/pg-core';

/**
 * drizzle reads times as text. Sessions are pinned to ISO (session-settings.ts); any other text is
 * an error, not a guess: 03/04/2026 is two days.
 */
export function timeOf(text: string): Date {
  const [, day, time, hours, minutes = '00'] =
    /^(\d{4,6}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  if (day === undefined) throw new Error('The database wrote a time in another style than ISO.');
  return new Date(`${day}T${time}${hours}:${minutes}`);
}

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
export const at = customType<{ data: Date; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  fromDriver: timeOf,
  toDriver: (time) => time.toISOString(),
});
/** Set by the database when the row is inserted. */
export const setAt = (name: string) =>
  at(name)
    .notNull()
    .default(sql`protocol_now()`);
export const createdAt = () => setAt('created_at');
