// Makes a link that an app has begun, for the session that began it: another one has no use for the code.
import { Injectable } from '@nestjs/common';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { UpstreamSignIns } from '../../sessions/upstream-sign-ins.js';
import { LinkCaller } from './link-caller.js';
import { Providers } from '../providers/providers.js';
import type { UpstreamAnswer } from '../identities/upstream-answer.js';
import type { HandedOver } from '../sign-in/upstream-codes.js';
import { UpstreamLinks } from './upstream-links.js';

@Injectable()
export class LinkExchange {
  constructor(
    private readonly caller: LinkCaller,
    private readonly signIns: UpstreamSignIns,
    private readonly providers: Providers,
    private readonly links: UpstreamLinks,
  ) {}

  /** @throws Refusal of a dead token; `upstream_request_invalid` for the token of another session */
  async of({ userId, sessionId, signInId }: HandedOver, exchange: Exchange): Promise<undefined> {
    const caller = await this.caller.of(exchange);
    if (sessionId === null || caller.sub !== userId || caller.sid !== sessionId)
      throw new Refusal('upstream_request_invalid');
    const answer = await this.answerOf(userId, signInId);
    await this.links.link({ userId, sessionId, answer }, exchange);
    return undefined;
  }

  private async answerOf(userId: string, signInId: string): Promise<UpstreamAnswer> {
    const kept = await this.signIns.find(userId, signInId);
    const provider = kept && this.providers.find(kept.provider);
    if (!kept || !provider || kept.sessionId !== null) throw new Refusal('upstream_request_invalid');
    const { issuer, subject, emailSeen, methods, sid } = kept;
    const idToken = this.signIns.idTokenOf(kept) ?? '';
    const claimed = { issuer, subject, email: emailSeen ?? undefined, methods, sid: sid ?? undefined, idToken };
    return { provider, ...claimed, emailVerified: false, roleValues: [] };
  }
}
