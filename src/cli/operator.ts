// Identifies the operator. The audit trail stores this as the user agent.
import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import type { Act } from '../accounts/act.js';
import type { Caller } from '../http/caller.js';

export const operator = (): Caller => ({
  ip: null,
  userAgent: `cli ${loginName()}@${hostname()}`,
  requestId: randomUUID(),
});

/** Who acts, for the event. */
export const actOf = ({ caller }: { readonly caller: Caller }): Act => ({ by: 'operator', caller });

/** A container may run under a user ID without a name (OpenShift): then `userInfo` throws. */
function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
