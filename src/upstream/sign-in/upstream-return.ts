// Spends the request of a browser that comes back from a provider.
import { Injectable } from '@nestjs/common';
import type { ProviderSettings } from '../../config/provider-file.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { VolumeLimit } from '../../limits/volume-limit.js';
import { StateCookie } from './state-cookie.js';
import { UpstreamRequests, type UpstreamWish } from './upstream-requests.js';
import type { UpstreamSecrets } from './upstream-secrets.js';

interface Returned {
  readonly secrets: UpstreamSecrets;
  readonly wish: UpstreamWish;
}

@Injectable()
export class UpstreamReturn {
  constructor(
    private readonly requests: UpstreamRequests,
    private readonly cookie: StateCookie,
    private readonly volume: VolumeLimit,
  ) {}

  /**
   * The callback changes state though it is a GET: only the browser that began may come back, which has the cookie, and
   * once, for which the row is deleted. Without the cookie the row stays: the right browser may still come.
   * @throws Refusal `upstream_request_invalid`, `too_many_attempts`
   */
  async spend(provider: ProviderSettings, state: unknown, exchange: Exchange): Promise<Returned> {
    const secrets = await this.requests.secretsOf(state);
    if (!secrets || !this.cookie.isOfBrowser(exchange, secrets)) throw new Refusal('upstream_request_invalid');
    const held = await this.volume.hold('failure', exchange.caller.ip);
    try {
      const wish = await this.requests.take(provider, secrets);
      this.cookie.clear(exchange, secrets);
      if (wish) return { secrets, wish };
      await held.count();
      throw new Refusal('upstream_request_invalid');
    } finally {
      held.release();
    }
  }
}
