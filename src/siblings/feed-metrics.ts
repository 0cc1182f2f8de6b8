// The figures of the revocation feed.
import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { Metrics } from '../telemetry/metrics.js';

export interface FeedFigures {
  readonly followers: number;
  /** Since the set was read; undefined while nobody has asked for it. */
  readonly ageSeconds: number | undefined;
  readonly entries: Readonly<Record<string, number>>;
}

@Injectable()
export class FeedMetrics {
  private readonly reads: Counter<'outcome'>;
  private readonly signatures: Counter<'of'>;
  private readonly refused: Counter;

  constructor(private readonly metrics: Metrics) {
    this.reads = metrics.counter('watchword_feed_reads_total', 'Reads of the revoked set, by outcome', 'outcome');
    metrics.fromZero(this.reads, 'outcome', 'changed', 'unchanged', 'failed');
    this.signatures = metrics.counter('watchword_feed_signatures_total', 'Signatures for the revocation feed', 'of');
    this.refused = metrics.counter('watchword_feed_refused_total', 'Followers for whom there was no place');
  }

  countRead(outcome: 'changed' | 'unchanged' | 'failed'): void {
    this.reads.inc({ outcome });
  }

  countSignature(of: 'document' | 'as_of'): void {
    this.signatures.inc({ of });
  }

  countRefused(): void {
    this.refused.inc();
  }

  watch(figures: () => FeedFigures): void {
    this.metrics.watch('watchword_feed_followers', 'Requests that are held until the revoked set changes', () => ({
      held: figures().followers,
    }));
    this.metrics.watch('watchword_feed_age_seconds', 'Since the revoked set was read', () => {
      const { ageSeconds } = figures();
      return ageSeconds === undefined ? {} : { set: ageSeconds };
    });
    this.metrics.watch('watchword_feed_entries', 'Entries of the feed, by kind', () => figures().entries, 'kind');
  }
}
