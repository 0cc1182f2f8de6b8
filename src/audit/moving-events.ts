// Events of users who move in or out, many at once, and of events that leave. A part of events.ts.
import type { Outcome } from './events.js';

export type MovingEvent =
  | {
      readonly type: 'users.imported';
      /** Of the file. */
      readonly sha256: string;
      readonly lines: number;
      readonly imported: number;
      readonly refused: number;
      readonly by: string;
    }
  | { readonly type: 'users.exported'; readonly users: number; readonly withHashes: boolean; readonly by: string }
  /** An administrator downloaded events. */
  | { readonly type: 'events.exported'; readonly events: number; readonly by: string };

export const movingOutcomes: Readonly<Record<MovingEvent['type'], Outcome>> = {
  'users.imported': 'success',
  'users.exported': 'success',
  'events.exported': 'success',
};
