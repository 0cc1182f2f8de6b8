// Knows the revoked set, at most a second old while somebody asks or follows, and answers with signed documents. What could
// not be read is never called fresh: a document's time is the time of the read (docs/protocols/feed.md).
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { isKnown } from '../http/entity-tags.js';
import { Endings } from '../revocation/endings.js';
import { Draining } from '../runtime/draining.js';
import { reasonOf } from '../runtime/reason.js';
import { withTimeout } from '../runtime/with-timeout.js';
import { Log } from '../telemetry/log.js';
import { type FeedDocument, FeedDocuments, LIFE_SECONDS } from './feed-documents.js';
import { type FeedFigures, FeedMetrics } from './feed-metrics.js';
import { Followers, type Hold } from './followers.js';
import { PacedReads } from './paced-reads.js';
import { type RevokedSet, RevokedSets } from './revoked-set.js';

/** However many follow. */
const EVERY_MS = 1_000;
/** After an act of this instance the set is read at once, but not more often than this. */
const AT_MOST_EVERY_MS = 200;
/** Whoever asks waits for a read no longer than this: what is known is then answered, with its time. */
const READ_WITHIN_MS = 2_000;
/** The same set is signed anew after this time. */
const RENEW_MS = 5_000;

/** The set as one read found it. */
interface Known {
  readonly set: RevokedSet;
  /** By the steady clock. */
  readonly beganAt: number;
  asOf?: Promise<string>;
}

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
  private readonly reads = new PacedReads(AT_MOST_EVERY_MS, () => this.read());
  private known: Known | undefined;
  private signed: { readonly of: RevokedSet; readonly document: Promise<FeedDocument> } | undefined;
  /** Tokens have ended here since the last read began. */
  private hasNews = false;
  private isBlind = false;
  private isFull = false;
  private isEnding = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sets: RevokedSets,
    private readonly documents: FeedDocuments,
    private readonly log: Log,
    private readonly metrics: FeedMetrics,
    config: Config,
    endings: Endings,
    draining: Draining,
  ) {
    this.followers = new Followers(config.FEED_FOLLOWERS);
    endings.listen(() => this.onEnding());
    draining.listen(() => this.letGo());
    metrics.watch(() => this.figures());
  }

  /** No request is held any more: whoever asks is answered at once. */
  beforeApplicationShutdown(): void {
    this.letGo();
    clearTimeout(this.timer);
  }

  /** @throws Refusal `unavailable` when nothing is known that is young enough, or no place is free */
  async answer({ ifNoneMatch, hold }: FeedRequest): Promise<FeedAnswer> {
    await withTimeout(READ_WITHIN_MS, this.hasNews ? this.reads.next() : this.reads.within(EVERY_MS)).catch(() => {});
    if (hold.seconds > 0 && !this.isEnding && isKnown(ifNoneMatch, this.current().set.etag)) await this.hold(hold);
    const known = this.current();
    const { etag } = known.set;
    if (!isKnown(ifNoneMatch, etag)) return { etag, document: await this.documentOf(known.set) };
    known.asOf ??= this.documents.asOf(known.set);
    return { etag, asOf: await known.asOf };
  }

  private async hold(hold: Hold): Promise<void> {
    try {
      const held = this.followers.hold(hold);
      this.keepReading();
      await held;
      this.isFull = false;
    } catch (error) {
      this.metrics.countRefused();
      if (!this.isFull) this.log.warn({ event: 'feed.full', followers: this.followers.size });
      this.isFull = true;
      throw error;
    }
  }

  /** @throws Refusal `unavailable` */
  private current(): Known {
    const isAlive = this.known && performance.now() - this.known.beganAt < LIFE_SECONDS * 1_000;
    if (!this.known || !isAlive) throw new Refusal('unavailable', { cause: new Error('the revoked set is not known') });
    return this.known;
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

  /** Never throws: what is known stays, and grows old. */
  private async read(): Promise<void> {
    this.hasNews = false;
    const beganAt = performance.now();
    try {
      const set = await this.sets.read();
      const isChanged = set.etag !== this.known?.set.etag;
      this.known = { set, beganAt };
      this.metrics.countRead(isChanged ? 'changed' : 'unchanged');
      if (this.isBlind) this.log.info({ event: 'feed.read_recovered' });
      this.isBlind = false;
      if (isChanged) this.followers.wakeAll();
    } catch (error) {
      this.metrics.countRead('failed');
      if (!this.isBlind) this.log.warn({ event: 'feed.read_failed', reason: reasonOf(error) });
      this.isBlind = true;
    }
  }

  private onEnding(): void {
    this.hasNews = true;
    if (this.followers.size > 0) void this.reads.next();
  }

  /** As long as somebody follows. */
  private keepReading(): void {
    if (this.timer !== undefined || this.isEnding) return;
    const due = () => {
      this.timer = undefined;
      if (this.followers.size > 0) void this.reads.within(EVERY_MS).then(() => this.keepReading());
    };
    this.timer = setTimeout(due, Math.max(0, EVERY_MS - this.reads.age)).unref();
  }

  private letGo(): void {
    this.isEnding = true;
    this.followers.wakeAll();
  }

  private figures(): FeedFigures {
    const { size: followers } = this.followers;
    if (!this.known) return { followers, ageSeconds: undefined, entries: {} };
    const { set, beganAt } = this.known;
    const { sids, jtis, subs, kids } = set;
    const entries = { sids: sids.length, jtis: jtis.length, subs: Object.keys(subs).length, kids: kids.length };
    return { followers, ageSeconds: (performance.now() - beganAt) / 1_000, entries };
  }
}
