// Caches the public part of a user per tokenVersion. Whatever changes that part also changes the version.
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type PublicUser, toPublicUser, Users } from './users.js';

const MAX_ENTRIES = 10_000;
/** A row that was changed by hand, without a new version, is stale for at most a minute. */
const LIFE_MS = 60_000;

@Injectable()
export class PublicUsers {
  private readonly known = new LRUCache<string, PublicUser>({ max: MAX_ENTRIES, ttl: LIFE_MS, ttlResolution: 1_000 });

  constructor(private readonly users: Users) {}

  /** @param tokenVersion the current version, proven by a live token */
  async of(id: string, tokenVersion: number): Promise<PublicUser | undefined> {
    const key = `${id}:${tokenVersion}`;
    const known = this.known.get(key);
    if (known) return known;
    const user = await this.users.findById(id);
    if (!user) return undefined;
    const shown = toPublicUser(user);
    // The user may have changed since the token was verified: then this row belongs to another version.
    if (user.tokenVersion === tokenVersion) this.known.set(key, shown);
    return shown;
  }
}
