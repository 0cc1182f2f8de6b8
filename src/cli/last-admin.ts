// A dry run of an act that the last administrator would not survive fails as the act itself does.
import { Database } from '../database/database.js';
import { Refusal } from '../errors.js';
import { UserStatus } from '../users/user-status.js';
import type { Desk } from './command.js';

/** @throws Refusal `last_admin` */
export async function assertNotLastAdmin(desk: Desk, userId: string): Promise<void> {
  if (await desk.get(UserStatus).isLastAdmin(desk.get(Database), userId)) throw new Refusal('last_admin');
}
