// Remembers what this instance has ended within the life of an access token. A fail-over may lose
// what was committed last, and what was answered with 2xx must stay dead (sessions/reassertion.ts).
import { MAX_ACCESS_TOKEN_SECONDS } from '../tokens/access-token.js';

export interface RecentUser {
  readonly kind: 'user';
  readonly userId: string;
  /** The counters after the act; undefined for a user who was deleted. */
  readonly counters: { readonly tokenVersion: number; readonly sessionEpoch: number } | undefined;
}

export interface RecentRef {
  /** A session by its sid, or one access token by its jti. */
  readonly kind: 's' | 'j';
  readonly userId: string;
  readonly ref: string;
}

export type Recent = RecentUser | RecentRef;

/** About 20 MB. Beyond, the oldest are forgotten. */
const MAX_ENTRIES = 100_000;

export class RecentEndings {
  /** In the order of their time. */
  private readonly entries = new Map<string, { readonly at: number; readonly ended: Recent }>();

  remember(many: readonly Recent[], at = performance.now()): void {
    for (const ended of many) {
      const key = `${ended.kind} ${ended.userId} ${ended.kind === 'user' ? '' : ended.ref}`;
      this.entries.delete(key);
      this.entries.set(key, { at, ended });
    }
    for (const [key, entry] of this.entries) {
      if (this.entries.size <= MAX_ENTRIES && at - entry.at <= 1_000 * MAX_ACCESS_TOKEN_SECONDS) break;
      this.entries.delete(key);
    }
  }

  all(): readonly Recent[] {
    return [...this.entries.values()].map(({ ended }) => ended);
  }
}
