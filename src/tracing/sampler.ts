// Decides which requests are recorded. Strangers may send a `traceparent`: neither its flag nor its id decides here,
// unless the operator trusts whoever sends it.
import { type Context, trace, TraceFlags } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';
import type { Config } from '../config/config.js';

const YES: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const NO: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

export class OwnSampler implements Sampler {
  private readonly share: number;

  constructor(
    { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio }: Config,
    private readonly trustsCallers: boolean,
  ) {
    const shares = { always_on: 1, always_off: 0, traceidratio: ratio };
    this.share = shares[name.replace('parentbased_', '') as keyof typeof shares];
  }

  shouldSample(context: Context): SamplingResult {
    const parent = trace.getSpanContext(context);
    if (parent && (!parent.isRemote || this.trustsCallers)) return parent.traceFlags & TraceFlags.SAMPLED ? YES : NO;
    // Not by the trace id, as the SDK's own sampler does: whoever chooses the id would choose the outcome.
    return Math.random() < this.share ? YES : NO;
  }

  toString(): string {
    return `OwnSampler(${this.share}${this.trustsCallers ? ', trusts callers' : ''})`;
  }
}
