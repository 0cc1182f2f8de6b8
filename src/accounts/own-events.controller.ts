import { Controller, Get, Query } from '@nestjs/common';
import * as z from 'zod';
import { Me, type Principal } from '../http/principal.js';
import { eventCursor } from './event-cursor.js';
import { type ListedEvent, OwnEvents } from './own-events.js';

const MAX_LIMIT = 100;
const eventsQuery = z.strictObject({
  after: eventCursor.optional(),
  limit: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .pipe(z.number().min(1).max(MAX_LIMIT))
    .default(50),
});

@Controller('auth/events')
export class OwnEventsController {
  constructor(private readonly ownEvents: OwnEvents) {}

  @Get()
  list(
    @Query({ schema: eventsQuery }) { after, limit }: z.output<typeof eventsQuery>,
    @Me() { userId }: Principal,
  ): Promise<{ events: ListedEvent[]; next?: string }> {
    return this.ownEvents.of(userId, after, limit);
  }
}
