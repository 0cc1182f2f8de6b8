// A security event as administrators see it: all of its row.
import * as z from 'zod';

export const adminEvent = z
  .object({
    id: z.uuid(),
    at: z.iso.datetime(),
    type: z.string().meta({ description: 'What happened (docs/operations/events.md); new types may come.' }),
    outcome: z.enum(['success', 'failure']),
    userId: z.uuid().nullable().meta({ description: 'Null for an event that belongs to no user.' }),
    sessionId: z.uuid().nullable(),
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    requestId: z.uuid().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AdminEvent' });

export type AdminEvent = Readonly<z.output<typeof adminEvent>>;
