// The definition of one setting.
import type * as z from 'zod';

export interface Setting {
  readonly schema: z.ZodType;
  /** The meaning, for docs/settings.md and .env.example. */
  readonly about: string;
  /** The default as the documents show it; absent if there is none. */
  readonly standard?: string;
  readonly secret?: true;
  /** Keeps spaces and quotes at the ends of the value, for passwords of other systems. */
  readonly isVerbatim?: true;
}
