// Counts and logs what providers tell about logouts.
import { Injectable } from '@nestjs/common';
import type { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import { reasonOf } from '../../runtime/reason.js';
import { Log } from '../../telemetry/log.js';
import { Metrics } from '../../telemetry/metrics.js';

@Injectable()
export class UpstreamLogoutFigures {
  private readonly logouts;

  constructor(
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.logouts = metrics.counter(
      'watchword_upstream_logouts_total',
      'Back-channel logouts by providers: ended sessions, found none, or were refused',
      'provider',
      'outcome',
    );
  }

  /** @param provider the id of a provider that is configured: no text of a caller */
  done(provider: string, sessions: number): void {
    this.logouts.inc({ provider, outcome: sessions > 0 ? 'ended' : 'nobody' });
  }

  refused(provider: string, { code, cause }: Refusal, caller: Caller): void {
    this.logouts.inc({ provider, outcome: 'refused' });
    const reason = cause === undefined ? {} : { reason: reasonOf(cause) };
    this.log.warn({ event: 'upstream.logout_refused', provider, code, ...reason, ...caller });
  }
}
