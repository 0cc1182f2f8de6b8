// Answers those who ask for the feed: the document, or that theirs is complete; at once, or when there is news
// (docs/protocols/feed.md).
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { isKnown } from '../http/entity-tags.js';
import { Draining } from '../runtime/draining.js';
import { Log } from '../telemetry/log.js';
import { CurrentSet } from './current-set.js';
import { type FeedDocument, FeedDocuments } from './feed-documents.js';
import { type FeedFigures, FeedMetrics } from './feed-metrics.js';
import { Followers, type Hold } from './followers.js';
import type { RevokedSet } from './revoked-set.js';

/** The same set is signed anew after this time. */
const RENEW_MS = 5_000;

export interface FeedRequest {
  /** The header If-None-Match. */
  readonly ifNoneMatch: string | undefined;
  readonly hold: Hold;
}

export type FeedAnswer =
  | { readonly etag: string; readonly document: FeedDocument }
  /** What the follower has is complete as of the time in this token. */
  | { readonly etag: string; readonly asOf: string };

@Injectable()
export class RevocationFeed implements BeforeApplicationShutdown {
  private readonly followers: Followers;
  private signed: { readonly of: RevokedSet; readonly document: Promise<FeedDocument> } | undefined;
  private confirmed: { readonly of: RevokedSet; readonly asOf: Promise<string> } | undefined;
  private isFull = false;
  private isEnding = false;

  constructor(
    private readonly current: CurrentSet,
    private readonly documents: FeedDocuments,
    private readonly log: Log,
    private readonly metrics: FeedMetrics,
    config: Config,
    draining: Draining,
  ) {
    this.followers = new Followers(config.FEED_FOLLOWERS);
    current.watchBy({ isFollowed: () => this.followers.size > 0, changed: () => this.followers.wakeAll() });
    draining.listen(() => this.letGo());
    metrics.watch(() => this.figures());
  }

  beforeApplicationShutdown(): void {
    this.letGo();
  }

  /** @throws Refusal `unavailable` when nothing is known that is young enough, or no place is free */
  async answer({ ifNoneMatch, hold }: FeedRequest): Promise<FeedAnswer> {
    await this.current.catchUp();
    const isHeld = hold.seconds > 0 && !this.isEnding && isKnown(ifNoneMatch, this.current.get().etag);
    if (isHeld) await this.hold(hold);
    const set = this.current.get();
    const { etag } = set;
    if (isKnown(ifNoneMatch, etag)) return { etag, asOf: await this.asOf(set) };
    return { etag, document: await this.documentOf(set) };
  }

  private async hold(hold: Hold): Promise<void> {
    try {
      const held = this.followers.hold(hold);
      this.current.keepReading();
      await held;
      this.isFull = false;
    } catch (error) {
      this.metrics.countRefused();
      if (!this.isFull) this.log.warn({ event: 'feed.full', followers: this.followers.size });
      this.isFull = true;
      throw error;
    }
  }

  /** One signature for each read, however many are told. */
  private async asOf(set: RevokedSet): Promise<string> {
    if (this.confirmed?.of === set) return this.confirmed.asOf;
    const asOf = this.documents.asOf(set);
    this.confirmed = { of: set, asOf };
    return asOf.catch((error: unknown) => {
      if (this.confirmed?.asOf === asOf) this.confirmed = undefined;
      throw error;
    });
  }

  private async documentOf(set: RevokedSet): Promise<FeedDocument> {
    const { signed } = this;
    const isGood = signed?.of.etag === set.etag && set.readAt.getTime() - signed.of.readAt.getTime() < RENEW_MS;
    if (signed && isGood) return signed.document;
    const document = this.documents.whole(set);
    this.signed = { of: set, document };
    return document.catch((error: unknown) => {
      if (this.signed?.document === document) this.signed = undefined;
      throw error;
    });
  }

  /** No request is held any more: whoever asks is answered at once. */
  private letGo(): void {
    this.isEnding = true;
    this.followers.wakeAll();
  }

  private figures(): FeedFigures {
    const { size: followers } = this.followers;
    const { ageSeconds, sizes } = this.current;
    return { followers, ageSeconds, entries: sizes };
  }
}
