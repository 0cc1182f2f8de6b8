// Begins a link: the caller is to go to the provider, and comes back with an identity for the account.
import { Injectable } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../../config/config.js';
import type { Transport } from '../../database/schema/vocabularies.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import type { Principal } from '../../http/principal.js';
import { VolumeLimit } from '../../limits/volume-limit.js';
import { Providers } from '../providers/providers.js';
import { StateCookie } from '../sign-in/state-cookie.js';
import { UpstreamLanding } from '../sign-in/upstream-landing.js';
import { UpstreamRequests, type UpstreamWish } from '../sign-in/upstream-requests.js';
import { appChallenge, appOf, appState } from '../sign-in/upstream-start.js';

export const linkBody = z
  .strictObject({
    returnTo: z.string().optional().meta({ description: 'As `return_to` of a sign-in at the provider.' }),
    codeChallenge: appChallenge.optional().meta({ description: "Bearer: the app's own (RFC 7636, S256)." }),
    state: appState.optional().meta({ description: 'Bearer: the app gets it back.' }),
  })
  .default({});

type Wanted = z.output<typeof linkBody>;
interface Asking extends Pick<Principal, 'userId' | 'sessionId'> {
  readonly transport: Transport;
}

@Injectable()
export class LinkStart {
  constructor(
    private readonly providers: Providers,
    private readonly requests: UpstreamRequests,
    private readonly cookie: StateCookie,
    private readonly landing: UpstreamLanding,
    private readonly volume: VolumeLimit,
    private readonly config: Config,
  ) {}

  /**
   * @returns where the browser is to go. Over cookies that is the provider, and the state cookie is set on the reply; an
   * app's browser is another one, and gets its cookie from an address of ours.
   * @throws Refusal `not_found`, `invalid_request`, `too_many_attempts`, `upstream_invalid`, `upstream_unavailable`
   */
  async of(id: string, wanted: Wanted, asking: Asking, exchange: Exchange): Promise<string> {
    const provider = this.providers.named(id);
    const wish = this.wishOf(wanted, asking);
    await this.volume.take('upstream_start', exchange.caller.ip);
    const begun = await this.requests.begin(provider, wish);
    if (wish.transport === 'bearer')
      return `${this.config.publicUrl}/auth/upstream/${id}/go?${new URLSearchParams({ state: begun.state }).toString()}`;
    this.cookie.write(exchange, begun);
    return begun.location;
  }

  private wishOf({ returnTo, codeChallenge, state }: Wanted, { userId, sessionId, transport }: Asking): UpstreamWish {
    const whose = { purpose: 'link', persistent: false, userId, sessionId } as const;
    if (transport === 'bearer') {
      const fields = { target: 'returnTo', challenge: 'codeChallenge' } as const;
      return {
        ...whose,
        transport,
        ...appOf(this.config, { target: returnTo, challenge: codeChallenge, state }, fields),
      };
    }
    if (codeChallenge !== undefined || state !== undefined)
      throw new Refusal('invalid_request', {
        errors: [{ path: 'codeChallenge', message: 'is for the bearer transport' }],
      });
    return { ...whose, transport, returnTo: this.landing.returnTo(returnTo), appChallenge: null, appState: null };
  }
}
