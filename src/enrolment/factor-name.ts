// What the owner of a factor calls it: one line, for their own lists only.
import * as z from 'zod';

const MAX_CHARACTERS = 64;

export const factorName = z
  .string()
  .trim()
  .min(1)
  .max(MAX_CHARACTERS)
  .regex(/^[^\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+$/u, 'must be one line of text');
