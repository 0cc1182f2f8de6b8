// Follows the issuer's feed in the background: one request at a time, each held by the issuer until there is news.
import { AS_OF_HEADER, FEED_MEDIA_TYPE } from '../../contract/src/revocations.js';
import { boundedFetch } from './bounded-fetch.js';
import type { Discovery } from './discovery.js';
import { type FeedDocument, type FeedTrust, readAsOf, readDocument } from './feed-document.js';
import type { IssuerKeys } from './issuer-keys.js';
import { pause } from './pause.js';
import { RevocationSet } from './revocation-set.js';
import type { Settings } from './settings.js';

/** About 320,000 revocations. */
const MAX_BYTES = 8_388_608;
/** For an answer beyond the time that the issuer holds it. */
const GRACE_MS = 5_000;
/** The longest that the issuer is asked to hold an answer: while it does, the sibling learns nothing. */
const MAX_WAIT_SECONDS = 5;
/** The least time between the starts of two requests: after news, and when the issuer does not hold its answer. */
const [NEWS_GAP_MS, IDLE_GAP_MS] = [250, 1_000];
const [FIRST_RETRY_MS, LAST_RETRY_MS] = [250, 5_000];
/** How far the clocks of issuer and sibling may be apart, in seconds. */
const SKEW_SECONDS = 30;
/** After so long without news the feed may have named a revoked key and forgotten it. The issuer names it for hours. */
const UNHEARD_SECONDS = 600;
/** A follower that the issuer had no place for asks without waiting for so long. */
const CROWDED_MS = 30_000;

class HttpFailure extends Error {
  constructor(
    url: string,
    status: number,
    readonly retryAfter: number,
  ) {
    super(`${url} answered ${status}`);
  }
}

export class RevocationFeed {
  private set = RevocationSet.empty;
  private etag: string | undefined;
  /** The issuer's time of what is known, in seconds. */
  private knownAsOf = -Infinity;
  /** The sibling's own time when something newer came. */
  private renewedAt = -Infinity;
  private failures = 0;
  /** The issuer had no place for a request that waits. */
  private crowdedUntil = -Infinity;
  private readonly end = new AbortController();
  /** Resolves when the first attempt is over, however it went. */
  readonly firstAttempt: Promise<void>;
  lastError: unknown;

  constructor(
    private readonly discovery: Discovery,
    private readonly keys: IssuerKeys,
    private readonly settings: Settings,
  ) {
    let resolve = () => {};
    this.firstAttempt = new Promise((done) => (resolve = done));
    void this.follow(resolve);
  }

  get revocations(): RevocationSet {
    return this.set;
  }

  /** Seconds since the issuer last confirmed what is known, by the sibling's own time. */
  get age(): number {
    return (this.settings.elapsed() - this.renewedAt) / 1_000;
  }

  /**
   * By two clocks. The sibling's own: nothing newer came for maxFeedAge. And the issuer's: what came was old already,
   * by more than wrong clocks explain.
   */
  get isStale(): boolean {
    const { maxFeedAge, now } = this.settings;
    return this.age > maxFeedAge || now() / 1_000 - this.knownAsOf > maxFeedAge + SKEW_SECONDS;
  }

  close(): void {
    this.end.abort();
  }

  private async follow(afterFirst: () => void): Promise<void> {
    const { signal } = this.end;
    while (!signal.aborted) {
      const startedAt = performance.now();
      let gap: number;
      try {
        const isNews = await this.ask();
        this.failures = 0;
        this.lastError = undefined;
        gap = (isNews ? NEWS_GAP_MS : IDLE_GAP_MS) - (performance.now() - startedAt);
      } catch (error) {
        if (signal.aborted) return;
        this.lastError = error;
        gap = this.retryDelay(error);
      } finally {
        afterFirst();
      }
      await pause(Math.max(gap, 0), signal);
    }
  }

  /** Jittered, so that the siblings of an issuer that comes back do not all come at once. */
  private retryDelay(error: unknown): number {
    const wished = error instanceof HttpFailure ? error.retryAfter * 1_000 : 0;
    const backoff = Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.failures++, 10), LAST_RETRY_MS);
    const longest = (this.settings.maxFeedAge * 1_000) / 3;
    return Math.min(Math.max(wished, backoff), longest) * (0.5 + Math.random() / 2);
  }

  /** @returns whether the set changed */
  private async ask(): Promise<boolean> {
    const { revocationsUri } = await this.discovery.addresses();
    if (revocationsUri === undefined) throw new Error('the metadata of the issuer names no revocations_uri');
    const trust = this.trustIn(revocationsUri);
    const url = new URL(revocationsUri);
    const known = this.etag;
    const longest = Math.min(MAX_WAIT_SECONDS, Math.floor(this.settings.maxFeedAge / 3));
    const wait = known === undefined || performance.now() < this.crowdedUntil ? 0 : longest;
    if (wait > 0) url.searchParams.set('wait', String(wait));
    const { status, headers, text } = await boundedFetch(this.settings.fetch, url.href, {
      timeoutMs: wait * 1_000 + GRACE_MS,
      maxBytes: MAX_BYTES,
      signal: this.end.signal,
      headers: { accept: FEED_MEDIA_TYPE, ...(known === undefined ? {} : { 'if-none-match': known }) },
    });
    if (status === 503 && wait > 0) {
      this.crowdedUntil = performance.now() + CROWDED_MS;
      return this.ask(); // a request that does not wait is always answered
    }
    if (status === 304 && known !== undefined) {
      this.etag = undefined; // if the confirmation is not good, the whole document is fetched next
      await this.renew(await readAsOf(headers.get(AS_OF_HEADER) ?? '', known, trust));
      this.etag = known;
      return false;
    }
    if (status !== 200) throw new HttpFailure(revocationsUri, status, Number(headers.get('retry-after')) || 0);
    return this.apply(await readDocument(text, trust));
  }

  private async apply({ set, iat, etag }: FeedDocument): Promise<boolean> {
    if (iat < this.knownAsOf) throw new Error('the document is older than the last one');
    const before = this.set;
    const hasNewKeys = set.hasKeysBeyond(before);
    const isNews = etag !== this.etag;
    const isOfSameSecond = iat === this.knownAsOf;
    this.set = isOfSameSecond ? before.with(set) : set.withKeysOf(before);
    // What two documents of one second add up to has no tag: the next request fetches the whole.
    this.etag = isOfSameSecond && isNews ? undefined : etag;
    await this.renew(iat);
    if (hasNewKeys) void this.keys.renew().catch(() => undefined);
    return isNews;
  }

  /** @throws Error when the keys may have changed unheard, and cannot be had: nothing is confirmed then */
  private async renew(iat: number): Promise<void> {
    if (iat <= this.knownAsOf) return; // a copy of what is known proves nothing about now
    const isFirst = this.knownAsOf === -Infinity && this.failures === 0;
    if (!isFirst && iat - this.knownAsOf > UNHEARD_SECONDS) await this.keys.renew();
    this.knownAsOf = iat;
    this.renewedAt = this.settings.elapsed();
  }

  private trustIn(uri: string): FeedTrust {
    const { issuer, revocationsUri: pinned, now } = this.settings;
    const isFeed = (sub: string) => {
      if (!URL.canParse(sub)) return false;
      const { href, origin } = new URL(sub);
      // A pinned address may be one that the issuer does not know itself by.
      return href === new URL(uri).href || (pinned !== undefined && origin === new URL(issuer).origin);
    };
    return { keys: this.keys.forFeed, issuer, isFeed, revokesKey: (kid) => this.set.revokesKey(kid), now };
  }
}
