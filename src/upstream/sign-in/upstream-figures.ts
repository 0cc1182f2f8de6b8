// Counts and logs how sign-ins at providers end.
import { Injectable } from '@nestjs/common';
import type { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import { reasonOf } from '../../runtime/reason.js';
import { Log } from '../../telemetry/log.js';
import { Metrics } from '../../telemetry/metrics.js';

type Outcome = 'signed_in' | 'linked' | 'handed_over';

@Injectable()
export class UpstreamFigures {
  private readonly answers;

  constructor(
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.answers = metrics.counter(
      'watchword_upstream_answers_total',
      'How sign-ins at providers ended: with a session, a link, a code for an app, or the code of a refusal',
      'provider',
      'outcome',
    );
  }

  /** @param provider the id of a provider that is configured: no text of a caller */
  note(provider: string, outcome: Outcome): void {
    this.answers.inc({ provider, outcome });
  }

  refused(provider: string, { code, cause, status }: Refusal, caller: Caller): void {
    this.answers.inc({ provider, outcome: code });
    if (code === 'second_factor_required' || code === 'enrolment_required') return;
    const line = { event: 'upstream.refused', provider, code, ...caller };
    const reason = cause === undefined ? undefined : reasonOf(cause);
    this.log[status >= 500 ? 'warn' : 'info']({ ...line, ...(reason === undefined ? {} : { reason }) });
  }
}
