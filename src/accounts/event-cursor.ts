// The cursor of a list of events: where its page ended. It holds nothing that the page did not show.
import * as z from 'zod';

export interface Place {
  /** Microseconds since 1970, as text: a Date holds milliseconds. */
  readonly at: string;
  readonly id: string;
}

const MAX_CURSOR = 100;
const place = /^(\d{1,16}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export const formatCursor = ({ at, id }: Place): string => Buffer.from(`${at} ${id}`).toString('base64url');

export const eventCursor = z
  .string()
  .max(MAX_CURSOR)
  .transform((text, context): Place => {
    const [, at, id] = place.exec(Buffer.from(text, 'base64url').toString()) ?? [];
    if (at !== undefined && id !== undefined) return { at, id };
    context.addIssue({ code: 'custom', message: 'is no cursor of this route' });
    return z.NEVER;
  });
