// The session of a closed route's caller, as far as its transport decides what the answer may hold.
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Transport } from '../../database/schema/vocabularies.js';
import { Refusal } from '../../errors.js';
import type { Principal } from '../../http/principal.js';
import { SessionList } from '../../sessions/session-list.js';
import { PresentedToken } from '../../tokens/presented-token.js';

export interface CallersSession {
  readonly transport: Transport;
  readonly persistent: boolean;
  /** The key that it is bound to, as its successor will be. */
  readonly jkt?: string | undefined;
}

@Injectable()
export class CallerSession {
  constructor(
    private readonly sessionList: SessionList,
    private readonly presentedToken: PresentedToken,
  ) {}

  /**
   * A session keeps its transport: a token of a cookie is never returned in a body.
   * @throws Refusal `transport_mismatch`
   */
  async of(me: Pick<Principal, 'userId' | 'sessionId'>, request: FastifyRequest): Promise<CallersSession> {
    const current = (await this.sessionList.of(me.userId)).find(({ id }) => id === me.sessionId);
    const transport = this.presentedToken.of(request)?.transport ?? 'bearer';
    if (current && current.transport !== transport) throw new Refusal('transport_mismatch');
    const jkt = current?.bound ? await this.sessionList.keyOf(me.userId, me.sessionId) : undefined;
    return { transport, persistent: current?.persistent ?? false, jkt };
  }
}
