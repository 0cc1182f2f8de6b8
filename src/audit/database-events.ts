// What happens to the database as a whole. A part of events.ts.
import type { Outcome } from './events.js';

/** Another server is the primary. So many were revoked again, because it did not know of their end. */
export interface TimelineEvent {
  readonly type: 'database.timeline_changed';
  readonly from: string;
  readonly to: string;
  readonly users: number;
  readonly sessions: number;
  readonly tokens: number;
  readonly commitsWereAtRisk: boolean;
  readonly alert: boolean;
}

export const databaseOutcomes: Readonly<Record<TimelineEvent['type'], Outcome>> = {
  'database.timeline_changed': 'failure',
};
