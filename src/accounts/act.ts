// Describes an act on somebody's account: its actor and its reason, which the event keeps.
import type { Caller } from '../http/caller.js';
import type { Revisions } from '../users/user-status.js';

export interface Act {
  /** A user's id, or `operator`. */
  readonly by: string;
  readonly caller: Caller;
  readonly reason?: string | undefined;
  /** Those of the user at which the act may happen: another one is refused with `precondition_failed`. */
  readonly revisions?: Revisions;
}

/** What the event of an act keeps of it. */
export const noteOf = ({ by, reason }: Act) => ({ by, ...(reason === undefined ? {} : { reason }) });
