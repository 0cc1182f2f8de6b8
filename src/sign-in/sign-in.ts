// Starts a session after a proof of identity, or asks for a second one. Every way to sign in ends here.
import { Injectable } from '@nestjs/common';
import { Refusal } from '../errors.js';
import type { Exchange } from '../http/exchange.js';
import { startsSession } from '../http/starts-session.decorator.js';
import type { SessionRef } from '../tokens/auth-session.js';
import { BrowserSession } from '../tokens/browser-session.js';
import { TokenVerification } from '../tokens/token-verification.js';
import { FactorDemand } from './factor-demand.js';
import { NewDevice } from './new-device.js';
import { type Proof, SessionOpening, type Wish } from './session-opening.js';
import type { IssuedAnswer } from './token-answer.js';

/** If the user changes between the proof and the session, the proof is repeated. */
const MAX_PROOFS = 3;

@Injectable()
export class SignIn {
  constructor(
    private readonly opening: SessionOpening,
    private readonly factorDemand: FactorDemand,
    private readonly browserSession: BrowserSession,
    private readonly verification: TokenVerification,
    private readonly newDevice: NewDevice,
  ) {}

  /**
   * Starts a session on a public route, unless a second factor is due.
   * @param prove proves the first factor; called again if the user changed since
   * @returns the body of the answer; cookies are set on the reply
   * @throws Refusal `second_factor_required`; `dpop_proof_required`; `unavailable` if the user changes each time; whatever
   *   `prove` throws
   */
  async complete(prove: () => Promise<Proof>, wish: Wish, exchange: Exchange): Promise<IssuedAnswer> {
    if (!startsSession(exchange.request)) throw new Error('This route must be marked @StartsSession().');
    this.assertBound(wish, exchange);
    const replaces = await this.sessionOfBrowser(exchange);
    for (let proofs = 0; proofs < MAX_PROOFS; proofs++) {
      const proof = await prove();
      const { methods, upstreamSignInId } = proof;
      const { transport, persistent } = wish;
      const waiting = { purpose: 'sign_in', transport, persistent, methods, replaces, upstreamSignInId } as const;
      if (!(await this.factorDemand.meet(proof, waiting, exchange))) continue;
      const alongside = await this.newDevice.notice(proof.user, exchange, wish.deviceToken);
      const answer = await this.opening.open(proof, wish, exchange, { replaces, alongside });
      if (answer) return answer;
    }
    throw new Refusal('unavailable', { cause: new Error('the user changed under every sign-in') });
  }

  /** @throws Refusal `dpop_proof_required` where the session could not start, before anything is used up */
  assertBound(wish: Wish, exchange: Exchange): void {
    this.opening.keyOf(wish, exchange);
  }

  /**
   * Starts a new session after an act that ended the old one, such as a password change.
   * @throws Refusal `token_revoked` if the user changed again in between
   */
  async goOn(proof: Proof, wish: Wish, exchange: Exchange): Promise<IssuedAnswer> {
    const answer = await this.opening.open(proof, wish, exchange);
    if (!answer) throw new Refusal('token_revoked');
    return answer;
  }

  /** A new sign-in replaces the browser's old session, whose cookies it overwrites. */
  private async sessionOfBrowser({ request }: Exchange): Promise<SessionRef | undefined> {
    const text = this.browserSession.accessToken(request);
    const known = this.browserSession.of(request);
    if (known || text === undefined) return known;
    const claims = await this.verification.intactClaims(text).catch(unlessRefused);
    // A bound token is in no cookie of ours: somebody planted it.
    return claims && !claims.cnf ? { userId: claims.sub, sessionId: claims.sid } : undefined;
  }
}

/** An invalid cookie names no session to replace; an unavailable database stops the sign-in. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof Refusal) || error.status >= 500) throw error;
  return undefined;
}
