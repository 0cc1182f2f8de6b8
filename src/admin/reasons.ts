// Why an administrator acts: one line in their words, kept in the event of the act.
import * as z from 'zod';

const MAX_REASON = 500;
/** No controls, line separators or halves of a character, and nothing that turns the direction of text in a log. */
const oneLine = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+$/u;

const reason = z
  .string()
  .max(MAX_REASON)
  .regex(oneLine, 'must be one line of plain text')
  .optional()
  .meta({ description: 'Why, in one line; kept in the event of the act.' });

/** The query of an act without a body. */
export const reasonQuery = z.strictObject({ reason });
export type ReasonQuery = z.output<typeof reasonQuery>;
/** A part of the body of an act. */
export const withReason = { reason };
