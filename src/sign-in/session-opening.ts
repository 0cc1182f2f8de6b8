// Opens a session for a proven user and answers with its tokens. The device is known from then on.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Transport } from '../database/schema/vocabularies.js';
import { EnrolCookie } from '../factors/enrol-cookie.js';
import { Refusal } from '../errors.js';
import type { Exchange } from '../http/exchange.js';
import { keyProofOf } from '../http/key-proof.js';
import { KnownDevices } from '../limits/known-devices.js';
import { type ProvenUser, type SessionWish, Sessions } from '../sessions/sessions.js';
import { UpstreamSignIns } from '../sessions/upstream-sign-ins.js';
import type { FactorKind } from '../users/held-factors.js';
import { type IssuedAnswer, TokenAnswer } from './token-answer.js';

/** A proven factor. */
export interface Proof {
  /** As read together with the credential. */
  readonly user: ProvenUser;
  /** How (RFC 8176), for the claim `amr`. */
  readonly methods: readonly string[];
  /** The second factors that are due, where they were read together with the credential. */
  readonly dueFactors?: readonly FactorKind[] | undefined;
  /** Of a proof that goes on in another session; now by default. */
  readonly authenticatedAt?: Date | undefined;
  /** Where else, for the event. */
  readonly provider?: string | undefined;
  /** Of a proof at a provider (sessions/upstream-sign-ins.ts). */
  readonly upstreamSignInId?: string | undefined;
}

export interface Wish {
  readonly transport: Transport;
  /** "Remember me": the longer idle life. */
  readonly persistent: boolean;
  /** The key of a session that goes on in this one; a proof that comes with the request counts instead. */
  readonly jkt?: string | undefined;
  /** Of an app that has signed in before. */
  readonly deviceToken?: string | undefined;
}

export type Effects = Pick<SessionWish, 'replaces' | 'alongside' | 'first'>;

@Injectable()
export class SessionOpening {
  constructor(
    private readonly sessions: Sessions,
    private readonly answer: TokenAnswer,
    private readonly devices: KnownDevices,
    private readonly enrolCookie: EnrolCookie,
    private readonly upstreamSignIns: UpstreamSignIns,
    private readonly config: Config,
  ) {}

  /** @returns the body of the answer; undefined if the user changed since the proof or left the provider, or `first` refused */
  async open(
    { user, upstreamSignInId, ...proven }: Proof,
    wish: Wish,
    exchange: Exchange,
    effects: Effects = {},
  ): Promise<IssuedAnswer | undefined> {
    const { deviceToken: before, ...kind } = wish;
    const jkt = this.keyOf(wish, exchange);
    const upstream =
      upstreamSignInId === undefined ? {} : await this.upstreamSignIns.effectsOf(user.id, upstreamSignInId);
    if (!upstream) return undefined;
    const wished = { ...kind, jkt, ...effects, ...proven, ...upstream };
    const issued = await this.sessions.start(user, wished, exchange.caller);
    if (!issued) return undefined;
    const body = this.answer.write(issued, exchange);
    if (wish.transport === 'cookie') this.enrolCookie.clearOld(exchange);
    const deviceToken = await this.devices.renew(user, exchange, { transport: wish.transport, deviceToken: before });
    return { ...body, ...(deviceToken === undefined ? {} : { deviceToken }) };
  }

  /**
   * Which key the session will be bound to. A session over cookies is bound to none.
   * @throws Refusal `dpop_proof_required`
   */
  keyOf({ transport, jkt }: Wish, { request }: Pick<Exchange, 'request'>): string | undefined {
    if (transport !== 'bearer') return undefined;
    const key = keyProofOf(request)?.jkt ?? jkt;
    if (key === undefined && this.config.REQUIRE_BOUND_SESSIONS === 'bearer') throw new Refusal('dpop_proof_required');
    return key;
  }
}
