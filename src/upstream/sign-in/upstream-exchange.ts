// Exchanges the code of an app: for a session, or for the link that its session asked for.
import { Injectable } from '@nestjs/common';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { VolumeLimit } from '../../limits/volume-limit.js';
import { SignIn } from '../../sign-in/sign-in.js';
import type { IssuedAnswer } from '../../sign-in/token-answer.js';
import { LinkExchange } from '../links/link-exchange.js';
import { UpstreamAccounts } from '../identities/upstream-accounts.js';
import { type HandedOver, UpstreamCodes } from './upstream-codes.js';

interface Given {
  readonly code: string;
  readonly codeVerifier: string;
  readonly deviceToken?: string | undefined;
}

@Injectable()
export class UpstreamExchange {
  constructor(
    private readonly codes: UpstreamCodes,
    private readonly accounts: UpstreamAccounts,
    private readonly linkExchange: LinkExchange,
    private readonly signIn: SignIn,
    private readonly volume: VolumeLimit,
  ) {}

  /** @returns undefined for a link that was made */
  async of(given: Given, exchange: Exchange): Promise<IssuedAnswer | undefined> {
    const isLink = exchange.request.headers.authorization !== undefined;
    if (!isLink) this.signIn.assertBound({ transport: 'bearer', persistent: false }, exchange); // before the code is used up
    const handedOver = await this.spend(given, exchange);
    if (handedOver.purpose === 'link') return this.linkExchange.of(handedOver, exchange);
    const { userId, signInId, persistent } = handedOver;
    const { deviceToken } = given;
    const prove = () => this.accounts.prove(userId, signInId);
    return this.signIn.complete(prove, { transport: 'bearer', persistent, deviceToken }, exchange);
  }

  private async spend({ code, codeVerifier }: Given, { caller }: Exchange): Promise<HandedOver> {
    const held = await this.volume.hold('failure', caller.ip);
    try {
      const handedOver = await this.codes.take(code, codeVerifier);
      if (handedOver) return handedOver;
      await held.count();
      throw new Refusal('upstream_request_invalid');
    } finally {
      held.release();
    }
  }
}
