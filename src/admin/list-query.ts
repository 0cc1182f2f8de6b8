// What the lists for administrators take in their queries. It reaches a statement as a parameter only.
import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { plainAddress } from '../http/trusted-proxies.js';
import { emailAddress } from '../users/email.js';
import { cursor } from './sealed-cursors.js';

const MAX_LIMIT = 1_000;

export const limit = z
  .string()
  .regex(/^\d{1,4}$/)
  .transform(Number)
  .pipe(z.number().min(1).max(MAX_LIMIT))
  .default(50)
  .meta({
    description: `How many at most, 1 to ${MAX_LIMIT}; 50 by default. A page may hold fewer, and have a \`next\`.`,
  });

/** PostgreSQL takes no NUL in a text, and no address has any of them. */
const withoutControls = z
  .string()
  .trim()
  .min(1)
  .max(254)
  .regex(/^\P{C}*$/u, 'Has control characters.');

export const usersQuery = z.strictObject({
  email: withoutControls
    .transform((text) => emailAddress.safeParse(text).data ?? text.toLowerCase())
    .optional()
    .meta({ description: 'How the address begins; no character stands for another. Case does not matter.' }),
  role: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/)
    .optional(),
  disabled: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  limit,
  after: cursor.optional(),
});

export type UsersQuery = z.output<typeof usersQuery>;

/** In one spelling: an IPv4 address may come as IPv6, and IPv6 has many. */
const address = z
  .string()
  .max(64)
  .transform((text, context) => {
    const plain = text.includes('%') ? null : plainAddress(text);
    if (plain !== null) return ipaddr.process(plain).toString();
    context.addIssue({ code: 'custom', message: 'No IP address.' });
    return z.NEVER;
  });

/** Within what PostgreSQL and JavaScript can both say. */
const EARLIEST = Date.UTC(1970, 0, 1);
const LATEST = Date.UTC(9999, 11, 31);
const time = z.iso
  .datetime({ offset: true })
  .max(64)
  .transform((text) => new Date(text))
  .refine((date) => date.getTime() >= EARLIEST && date.getTime() <= LATEST, 'No time from 1970 to 9999.');

const eventFilters = {
  user: z
    .union([z.uuid().transform((id) => id.toLowerCase()), emailAddress])
    .optional()
    .meta({ description: 'The ID or the address of a user; of nobody: the nil UUID.' }),
  type: z
    .string()
    .regex(/^[a-z_.]{1,64}$/)
    .optional()
    .meta({ description: 'As docs/operations/events.md names it.' }),
  ip: address.optional().meta({ description: 'In any spelling.' }),
  from: time.optional().meta({ description: 'The first instant that counts.' }),
  to: time.optional().meta({ description: 'The first instant that does not count any more.' }),
};

export const eventsQuery = z.strictObject({ ...eventFilters, limit, after: cursor.optional() });
export const eventsCsvQuery = z.strictObject({ ...eventFilters, after: cursor.optional() });

export type EventsQuery = Omit<z.output<typeof eventsCsvQuery>, 'after'>;
