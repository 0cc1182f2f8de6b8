import { Controller, Get, Query } from '@nestjs/common';
import * as z from 'zod';
import { Documented } from '../http/documented.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { eventCursor } from './event-cursor.js';
import { type EventPage, eventPage, OwnEvents } from './own-events.js';

const MAX_LIMIT = 100;
const eventsQuery = z.strictObject({
  after: eventCursor.optional().meta({ description: 'The `next` of the page before.' }),
  limit: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .pipe(z.number().min(1).max(MAX_LIMIT))
    .default(50)
    .meta({ description: 'How many, 1 to 100; 50 by default.' }),
});

@Controller('auth/events')
export class OwnEventsController {
  constructor(private readonly ownEvents: OwnEvents) {}

  @Documented({
    under: 'Account',
    does: 'Lists the security events of the caller, the newest first',
    answers: { 200: { says: 'A page of events.', body: eventPage } },
  })
  @Get()
  list(
    @Query({ schema: eventsQuery }) { after, limit }: z.output<typeof eventsQuery>,
    @Me() { userId }: Principal,
  ): Promise<EventPage> {
    return this.ownEvents.of(userId, after, limit);
  }
}
