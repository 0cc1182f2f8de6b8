// Does what the browser went to the provider for: signs in, links, or hands over to an app.
import { Injectable } from '@nestjs/common';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { SignIn } from '../../sign-in/sign-in.js';
import { UpstreamAccounts } from '../identities/upstream-accounts.js';
import type { UpstreamAnswer } from '../identities/upstream-answer.js';
import { UpstreamFigures } from './upstream-figures.js';
import { UpstreamHandOver } from './upstream-hand-over.js';
import { UpstreamLanding } from './upstream-landing.js';
import { UpstreamLinks } from '../links/upstream-links.js';
import type { UpstreamWish } from './upstream-requests.js';

@Injectable()
export class UpstreamCompletion {
  constructor(
    private readonly accounts: UpstreamAccounts,
    private readonly links: UpstreamLinks,
    private readonly handOver: UpstreamHandOver,
    private readonly signIn: SignIn,
    private readonly landing: UpstreamLanding,
    private readonly figures: UpstreamFigures,
  ) {}

  /** @returns where the browser goes; undefined for nowhere: cookies are set on the reply */
  async of(wish: UpstreamWish, answer: UpstreamAnswer, exchange: Exchange): Promise<string | undefined> {
    const { id } = answer.provider;
    if (wish.transport === 'bearer') {
      const code = await this.handOver.codeOf(wish, answer, exchange);
      this.figures.note(id, 'handed_over');
      return this.landing.toApp(wish, { code });
    }
    if (wish.purpose === 'link') {
      await this.link(wish, answer, exchange);
      this.figures.note(id, 'linked');
      return this.landing.linked(id, wish);
    }
    const { userId, signInId } = await this.accounts.resolve(answer, exchange);
    const { persistent } = wish;
    await this.signIn.complete(
      () => this.accounts.prove(userId, signInId),
      { transport: 'cookie', persistent },
      exchange,
    );
    this.figures.note(id, 'signed_in');
    return this.landing.signedIn(wish);
  }

  private async link({ userId, sessionId }: UpstreamWish, answer: UpstreamAnswer, exchange: Exchange): Promise<void> {
    if (userId === null || sessionId === null) throw new Refusal('upstream_request_invalid');
    await this.links.link({ userId, sessionId, answer }, exchange);
  }
}
