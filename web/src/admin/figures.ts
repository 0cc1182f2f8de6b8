// The few figures of the front page, and the roles of this installation.
import { own } from '../requests.js';

export interface Figures {
  readonly roles: readonly string[];
  /** Null where counting takes too long. */
  readonly users: number | null;
  readonly sessions: number | null;
  readonly lastHour: { readonly signIns: number; readonly refusals: number; readonly alerts: number };
  readonly mailWaiting: number;
  readonly mailDead: number;
  readonly alertsWaiting: number;
}

export const readFigures = async (): Promise<Figures> =>
  (await own('GET', '/admin/figures')).json() as Promise<Figures>;
