// What do the user's tokens show of the user? Read once for each tokenVersion: whatever changes it moves the version.
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type PublicUser, toPublicUser, Users } from './users.js';

const MAX_ENTRIES = 10_000;
/** A row that was changed by hand, the version left as it was, is seen after a minute. */
const LIFE_MS = 60_000;

@Injectable()
export class PublicUsers {
  private readonly known = new LRUCache<string, PublicUser>({ max: MAX_ENTRIES, ttl: LIFE_MS, ttlResolution: 1_000 });

  constructor(private readonly users: Users) {}

  /** @param tokenVersion the user's present one, as a live token proves it */
  async of(id: string, tokenVersion: number): Promise<PublicUser | undefined> {
    const key = `${id}:${tokenVersion}`;
    const known = this.known.get(key);
    if (known) return known;
    const user = await this.users.findById(id);
    if (!user) return undefined;
    const shown = toPublicUser(user);
    // Somebody may have changed the user since the token was judged: then this is another version's.
    if (user.tokenVersion === tokenVersion) this.known.set(key, shown);
    return shown;
  }
}
