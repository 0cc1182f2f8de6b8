// Starts a session after a proof of identity. Every way to sign in ends here.
import { Injectable } from '@nestjs/common';
import type { Transport } from '../database/vocabularies.js';
import { Refusal } from '../errors.js';
import type { Exchange } from '../http/exchange.js';
import { startsSession } from '../http/starts-session.decorator.js';
import { KnownDevices } from '../limits/known-devices.js';
import { type ProvenUser, type SessionWish, Sessions } from '../sessions/sessions.js';
import type { SessionRef } from '../tokens/auth-session.js';
import { BrowserSession } from '../tokens/browser-session.js';
import { TokenVerification } from '../tokens/token-verification.js';
import { NewDevice } from './new-device.js';
import { type IssuedAnswer, TokenAnswer } from './token-answer.js';

/** A proven first factor. */
export interface Proof {
  /** As read together with the credential. */
  readonly user: ProvenUser;
  /** How (RFC 8176), for the claim `amr`. */
  readonly methods: readonly string[];
}

export interface Wish {
  readonly transport: Transport;
  /** "Remember me": the longer idle life. */
  readonly persistent: boolean;
  /** Of an app that has signed in before. */
  readonly deviceToken?: string | undefined;
}

/** If the user changes between the proof and the session, the proof is repeated. */
const MAX_PROOFS = 3;

@Injectable()
export class SignIn {
  constructor(
    private readonly sessions: Sessions,
    private readonly browserSession: BrowserSession,
    private readonly verification: TokenVerification,
    private readonly answer: TokenAnswer,
    private readonly devices: KnownDevices,
    private readonly newDevice: NewDevice,
  ) {}

  /**
   * Starts a session on a public route.
   * @param prove proves the first factor; called again if the user changed since
   * @returns the body of the answer; cookies are set on the reply
   * @throws Refusal `unavailable` if the user changes each time; whatever `prove` throws
   */
  async complete(prove: () => Promise<Proof>, wish: Wish, exchange: Exchange): Promise<IssuedAnswer> {
    if (!startsSession(exchange.request)) throw new Error('This route must be marked @StartsSession().');
    const replaces = await this.sessionOfBrowser(exchange);
    for (let proofs = 0; proofs < MAX_PROOFS; proofs++) {
      const proof = await prove();
      const alongside = await this.newDevice.notice(proof.user, exchange, wish.deviceToken);
      const answer = await this.start(proof, wish, exchange, { replaces, alongside });
      if (answer) return answer;
    }
    throw new Refusal('unavailable', { cause: new Error('the user changed under every sign-in') });
  }

  /**
   * Starts a new session after an act that ended the old one, such as a password change.
   * @throws Refusal `token_revoked` if the user changed again in between
   */
  async goOn(proof: Proof, wish: Wish, exchange: Exchange): Promise<IssuedAnswer> {
    const answer = await this.start(proof, wish, exchange);
    if (!answer) throw new Refusal('token_revoked');
    return answer;
  }

  private async start(
    { user, methods }: Proof,
    wish: Wish,
    exchange: Exchange,
    effects: Pick<SessionWish, 'replaces' | 'alongside'> = {},
  ): Promise<IssuedAnswer | undefined> {
    const { deviceToken: before, ...kind } = wish;
    const issued = await this.sessions.start(user, { ...kind, ...effects, methods }, exchange.caller);
    if (!issued) return undefined;
    const body = this.answer.write(issued, exchange);
    const deviceToken = await this.devices.renew(user, exchange, { transport: wish.transport, deviceToken: before });
    return { ...body, ...(deviceToken === undefined ? {} : { deviceToken }) };
  }

  /** A new sign-in replaces the browser's old session, whose cookies it overwrites. */
  private async sessionOfBrowser({ request }: Exchange): Promise<SessionRef | undefined> {
    const text = this.browserSession.accessToken(request);
    const known = this.browserSession.of(request);
    if (known || text === undefined) return known;
    const claims = await this.verification.intactClaims(text).catch(unlessRefused);
    return claims && { userId: claims.sub, sessionId: claims.sid };
  }
}

/** An invalid cookie names no session to replace; an unavailable database stops the sign-in. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof Refusal) || error.status >= 500) throw error;
  return undefined;
}
