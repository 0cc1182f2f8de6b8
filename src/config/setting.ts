// What is a setting?
import type * as z from 'zod';

export interface Setting {
  readonly schema: z.ZodType;
  /** What the value means, one sentence, for docs/settings.md and .env.example. */
  readonly about: string;
  /** The default as a reader should see it; absent where there is none. */
  readonly standard?: string;
  readonly secret?: true;
  /** Spaces and quotes at its ends belong to the value: passwords of other systems. */
  readonly isVerbatim?: true;
}
