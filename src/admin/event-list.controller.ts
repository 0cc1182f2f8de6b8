import { Controller, Get, Query } from '@nestjs/common';
import * as z from 'zod';
import { Documented } from '../http/documented.decorator.js';
import { Audit } from '../audit/audit.js';
import { type Exchange, On } from '../http/exchange.js';
import { ForAdministrators } from '../http/for-administrators.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { type AdminEvent, adminEvent } from './admin-event.js';
import { csvOf } from './csv.js';
import { EventPages } from './event-pages.js';
import { eventsCsvQuery, eventsQuery } from './list-query.js';
import { next } from './sealed-cursors.js';

const MAX_ROWS = 10_000;
const eventPage = z.object({ events: z.array(adminEvent), next });

@ForAdministrators()
@Controller('admin')
export class EventListController {
  constructor(
    private readonly pages: EventPages,
    private readonly audit: Audit,
  ) {}

  @Documented({
    under: 'Administration',
    does: 'Finds security events, the newest first',
    answers: { 200: { says: 'A page of events.', body: eventPage } },
  })
  @Get('events')
  async list(
    @Query({ schema: eventsQuery }) { limit, after, ...query }: z.output<typeof eventsQuery>,
  ): Promise<z.output<typeof eventPage>> {
    return this.pages.page(query, after, limit);
  }

  @Documented({
    under: 'Administration',
    does: `Exports security events as CSV, the newest first, at most ${MAX_ROWS.toLocaleString('en')}`,
    note: 'A cell that a spreadsheet would calculate begins with an apostrophe.',
    answers: {
      200: {
        says: 'The events, with a line of names.',
        body: z.string(),
        type: 'text/csv',
        headers: {
          'Content-Disposition': 'The name of the file.',
          Link: 'Where the file begins, as `rel="first"`, and where the rest is, as `rel="next"`, if there is more.',
        },
      },
    },
  })
  @Get('events.csv')
  async csv(
    @Query({ schema: eventsCsvQuery }) { after, ...query }: z.output<typeof eventsCsvQuery>,
    @On() { request, reply, caller }: Exchange,
    @Me() { userId: by }: Principal,
  ): Promise<string> {
    const { events, next: following } = await this.pages.many(query, after, MAX_ROWS);
    await this.audit.recordAlone({ type: 'events.exported', events: events.length, by }, caller);
    void reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="events.csv"');
    void reply.header('link', linksOf(request.url, following));
    return csvOf(columns, events.map(cellsOf));
  }
}

const columns = ['at', 'type', 'outcome', 'userId', 'sessionId', 'ip', 'userAgent', 'requestId', 'id', 'details'];

const cellsOf = ({ at, type, outcome, userId, sessionId, ip, userAgent, requestId, id, details }: AdminEvent) => [
  ...[at, type, outcome, userId, sessionId, ip, userAgent, requestId, id],
  JSON.stringify(details),
];

/** RFC 8288, relative: the path may be another one before a proxy. */
function linksOf(url: string, after: string | undefined): string {
  const parameters = new URLSearchParams(url.split('?')[1]);
  parameters.delete('after');
  const first = `<?${parameters.toString()}>; rel="first"`;
  if (after === undefined) return first;
  parameters.set('after', after);
  return `${first}, <?${parameters.toString()}>; rel="next"`;
}
