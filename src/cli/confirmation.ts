// The hint for an operator if some instances may not know yet what a command ended.
import { Redis } from '../redis/redis.js';
import type { Confirmation } from '../revocation/confirmation.js';
import type { Desk } from './command.js';

const UNCONFIRMED =
  ' Redis has not confirmed this: some instances may accept old tokens for up to a minute. Run the command again.';
const UNKNOWN = ' (If the service uses Redis, this takes up to two seconds, because REDIS_URL is not set here.)';

/** Without REDIS_URL the command writes a row to the outbox, which an instance sends to Redis. */
export function hintOf(desk: Desk, { isConfirmed }: Confirmation): string {
  if (!isConfirmed) return UNCONFIRMED;
  return desk.get(Redis).isConfigured ? '' : UNKNOWN;
}
