// Pages of security events by what an administrator asks for: names the user, opens and seals the cursor.
import { Injectable } from '@nestjs/common';
import { Users } from '../users/users.js';
import type { AdminEvent } from './admin-event.js';
import { type EventFilters, EventSearch } from './event-search.js';
import type { EventsQuery } from './list-query.js';
import { type List, SealedCursors } from './sealed-cursors.js';

export interface EventPage {
  readonly events: AdminEvent[];
  readonly next?: string;
}

/** Each statement looks at a window: so many of them make a file, and no more. */
const MAX_STATEMENTS = 40;
const PER_STATEMENT = 1_000;

@Injectable()
export class EventPages {
  constructor(
    private readonly search: EventSearch,
    private readonly users: Users,
    private readonly cursors: SealedCursors,
  ) {}

  /** @throws Refusal `invalid_request` for a cursor of another list */
  async page(query: EventsQuery, after: string | undefined, limit: number): Promise<EventPage> {
    const list = listOf('events', query);
    const from = await this.open(after, list);
    const filters = await this.filtersOf(query);
    if (!filters) return { events: [] };
    const { rows, end } = await this.search.page(filters, from, limit);
    return this.sealed([...rows], end, list);
  }

  /** As many as a file holds. @throws Refusal `invalid_request` for a cursor of another list */
  async many(query: EventsQuery, after: string | undefined, most: number): Promise<EventPage> {
    const list = listOf('events.csv', query);
    let end = await this.open(after, list);
    const filters = await this.filtersOf(query);
    if (!filters) return { events: [] };
    const events: AdminEvent[] = [];
    for (let n = 0; n < MAX_STATEMENTS && events.length < most; n++) {
      const page = await this.search.page(filters, end, Math.min(PER_STATEMENT, most - events.length));
      events.push(...page.rows);
      end = page.end;
      if (end === undefined) break;
    }
    return this.sealed(events, end, list);
  }

  private async open(after: string | undefined, list: List): Promise<string | undefined> {
    return after === undefined ? undefined : this.cursors.open(after, list);
  }

  private async sealed(events: AdminEvent[], end: string | undefined, list: List): Promise<EventPage> {
    return end === undefined ? { events } : { events, next: await this.cursors.seal(end, list) };
  }

  /** @returns undefined for an address that is nobody's */
  private async filtersOf({ user, ...rest }: EventsQuery): Promise<EventFilters | undefined> {
    if (!user?.includes('@')) return { ...rest, userId: user };
    const found = await this.users.findByEmail(user);
    return found && { ...rest, userId: found.id };
  }
}

const listOf = (route: string, { from, to, ...texts }: EventsQuery): List => ({
  route,
  filters: { ...texts, from: from?.toISOString(), to: to?.toISOString() },
});
