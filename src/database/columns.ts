// Which kinds of columns do our tables share?
import { sql } from 'drizzle-orm';
import { customType, timestamp } from 'drizzle-orm/pg-core';

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
export const at = (name: string) => timestamp(name, { withTimezone: true });
/** Set by the database when the row comes. */
export const setAt = (name: string) =>
  at(name)
    .notNull()
    .default(sql`protocol_now()`);
export const createdAt = () => setAt('created_at');
