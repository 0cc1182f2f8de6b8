// Goes on when a browser comes back from a provider: spends its request, verifies the answer, and completes what it was for.
import { Injectable } from '@nestjs/common';
import { isDatabaseUnavailable } from '../../database/connections/unavailable.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { Providers } from '../providers/providers.js';
import { UpstreamCompletion } from './upstream-completion.js';
import { UpstreamLanding } from './upstream-landing.js';
import type { UpstreamWish } from './upstream-requests.js';
import { UpstreamReturn } from './upstream-return.js';
import { UpstreamVerification } from './upstream-verification.js';

@Injectable()
export class UpstreamCallback {
  constructor(
    private readonly providers: Providers,
    private readonly returned: UpstreamReturn,
    private readonly verification: UpstreamVerification,
    private readonly completion: UpstreamCompletion,
    private readonly landing: UpstreamLanding,
  ) {}

  /**
   * @param search the query of the request, as it came
   * @returns where the browser goes; undefined for nowhere
   * @throws the refusal where there is no page for it
   */
  async finish(id: string, search: string, exchange: Exchange): Promise<string | undefined> {
    let wish: UpstreamWish | undefined;
    try {
      const provider = this.providers.named(id);
      const spent = await this.returned.spend(provider, onlyState(search), exchange);
      ({ wish } = spent);
      const answer = await this.verification.of(provider, spent.secrets, search);
      return await this.completion.of(wish, answer, exchange);
    } catch (error) {
      return this.landing.refused(id, wish, asRefusal(error), exchange.caller);
    }
  }
}

/** A state that comes twice is none: the library and we must not read different ones. */
function onlyState(search: string): string | undefined {
  const [state, ...others] = new URLSearchParams(search).getAll('state');
  return others.length === 0 ? state : undefined;
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  return new Refusal(isDatabaseUnavailable(error) ? 'unavailable' : 'internal_error', { cause: error });
}
