// The spans of checks. Checks that arrive together share one question to Redis or PostgreSQL: it is a span of the first of
// them that is recorded, linked with the others both ways.
import type { INestApplicationContext } from '@nestjs/common';
import { type Span, trace } from '@opentelemetry/api';
import { Revocations } from '../revocation/revocations.js';
import { TruthReads } from '../revocation/truth-reads.js';
import { VerdictCache } from '../revocation/verdict-cache.js';
import type { Spans } from './spans.js';
import { wrap } from './wrap.js';

/** The checks under way by their claims, in their order. Checks of one token share one object of claims. */
type UnderWay = WeakMap<object, Set<Span>>;

export function traceChecks(app: INestApplicationContext, spans: Spans): void {
  const underWay: UnderWay = new WeakMap();
  wrap(app.get(Revocations, { strict: false }), 'verdictFor', (verdictFor) => (claims, ...more) => {
    if (!spans.recording) return verdictFor(claims, ...more);
    const span = spans.begin('check', {});
    const same = underWay.get(claims) ?? new Set();
    underWay.set(claims, same.add(span));
    const verdict = spans.run(span, spans.context, () => verdictFor(claims, ...more));
    return verdict.finally(() => same.delete(span));
  });
  const redis = new Together(underWay, spans);
  const postgres = new Together(underWay, spans);
  const [cache, reads] = [app.get(VerdictCache, { strict: false }), app.get(TruthReads, { strict: false })];
  wrap(cache, 'checkTogether', (ask) => (many) => redis.ask(many, () => ask(many)));
  wrap(reads, 'ofTokens', (ask) => (many) => postgres.ask(many, () => ask(many)));
}

class Together {
  private readonly asked = new WeakSet<Span>();

  constructor(
    private readonly underWay: UnderWay,
    private readonly spans: Spans,
  ) {}

  ask<T>(questions: readonly object[], ask: () => Promise<T>): Promise<T> {
    const [first, ...others] = questions.flatMap((claims) => this.nextOf(claims) ?? []);
    if (!first) return ask();
    const parent = trace.setSpan(this.spans.context, first);
    if (others.length === 0) return this.spans.within(parent, ask);
    const links = others.map((span) => ({ context: span.spanContext() }));
    const shape = { attributes: { 'watchword.checks': questions.length }, links };
    const shared = this.spans.begin('check.together', shape, parent);
    for (const span of others) span.addLink({ context: shared.spanContext() });
    return this.spans.run(shared, parent, ask);
  }

  /** Questions are put in the order in which their checks began. */
  private nextOf(claims: object): Span | undefined {
    for (const span of this.underWay.get(claims) ?? [])
      if (!this.asked.has(span)) {
        this.asked.add(span);
        return span;
      }
    return undefined;
  }
}
