// Connects an account with an identity at a provider.
import { Injectable } from '@nestjs/common';
import { Refusal } from '../errors.js';
import type { Exchange } from '../http/exchange.js';
import type { UpstreamAnswer } from './upstream-answer.js';

interface NewLink {
  readonly userId: string;
  /** Of the session that began it, which must still be alive. */
  readonly sessionId: string;
  readonly answer: UpstreamAnswer;
}

@Injectable()
export class UpstreamLinks {
  /** @throws Refusal `identity_taken`, `upstream_request_invalid` */
  async link(_link: NewLink, _exchange: Exchange): Promise<void> {
    throw new Refusal('upstream_request_invalid');
  }
}
