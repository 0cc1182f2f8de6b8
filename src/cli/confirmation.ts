// Do all instances know what a command has ended? The words for it, where some may not yet.
import { Redis } from '../redis/redis.js';
import type { Confirmation } from '../revocation/confirmation.js';
import type { Desk } from './command.js';

const UNCONFIRMED =
  ' Redis has not confirmed it: some instances may accept old tokens for up to a minute. Run the command again.';
const UNKNOWN = ' (If the service uses Redis, this takes up to two seconds: the command was not given REDIS_URL.)';

/** Without the service's Redis the command leaves a row that an instance works off. */
export function hintOf(desk: Desk, { isConfirmed }: Confirmation): string {
  if (!isConfirmed) return UNCONFIRMED;
  return desk.get(Redis).isConfigured ? '' : UNKNOWN;
}
