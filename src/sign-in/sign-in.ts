// The one door: every proof of identity ends here, and only here a session starts.
import { Injectable } from '@nestjs/common';
import type { Transport } from '../database/vocabularies.js';
import { Refusal } from '../errors.js';
import type { Exchange } from '../http/exchange.js';
import { startsSession } from '../http/starts-session.decorator.js';
import { type ProvenUser, Sessions } from '../sessions/sessions.js';
import type { SessionRef } from '../tokens/auth-session.js';
import { BrowserSession } from '../tokens/browser-session.js';
import { TokenVerification } from '../tokens/token-verification.js';
import { TokenAnswer } from './token-answer.js';

/** A first factor that was proven. */
export interface Proof {
  /** As it was read together with what proved it. */
  readonly user: ProvenUser;
  /** How (RFC 8176), for the claim `amr`. */
  readonly methods: readonly string[];
}

export interface Wish {
  readonly transport: Transport;
  /** "Remember me": the longer idle life. */
  readonly persistent: boolean;
}

/** The user may change between the proof and the session; the proof is then made again. */
const MAX_PROOFS = 3;

@Injectable()
export class SignIn {
  constructor(
    private readonly sessions: Sessions,
    private readonly browserSession: BrowserSession,
    private readonly verification: TokenVerification,
    private readonly answer: TokenAnswer,
  ) {}

  /**
   * Starts a session on a public route.
   * @param prove makes the first proof; called again when the user changed since
   * @returns the body of the answer; a cookie session's cookies are on the reply
   * @throws Refusal `unavailable` when the user changes each time; whatever `prove` throws
   */
  async complete(prove: () => Promise<Proof>, wish: Wish, exchange: Exchange): Promise<object> {
    if (!startsSession(exchange.request)) throw new Error('This route starts a session: mark it @StartsSession().');
    const replaces = await this.sessionOfBrowser(exchange);
    for (let proofs = 0; proofs < MAX_PROOFS; proofs++) {
      const answer = await this.start(await prove(), wish, exchange, replaces);
      if (answer) return answer;
    }
    throw new Refusal('unavailable', { cause: new Error('the user changed under every sign-in') });
  }

  /**
   * Goes on in a new session after an act of the user that ended the old one, such as a new password.
   * @throws Refusal `token_revoked` when somebody changed the user again in between
   */
  async goOn(proof: Proof, wish: Wish, exchange: Exchange): Promise<object> {
    const answer = await this.start(proof, wish, exchange);
    if (!answer) throw new Refusal('token_revoked');
    return answer;
  }

  private async start({ user, methods }: Proof, wish: Wish, exchange: Exchange, replaces?: SessionRef) {
    const issued = await this.sessions.start(user, { ...wish, methods, replaces }, exchange.caller);
    return issued && this.answer.write(issued, exchange);
  }

  /** The browser that signs in again forgets its old session: so do we. */
  private async sessionOfBrowser({ request }: Exchange): Promise<SessionRef | undefined> {
    const text = this.browserSession.accessToken(request);
    const known = this.browserSession.of(request);
    if (known || text === undefined) return known;
    const claims = await this.verification.intactClaims(text).catch(unlessRefused);
    return claims && { userId: claims.sub, sessionId: claims.sid };
  }
}

/** A cookie that proves nothing names no session to replace; a database that is silent stops the sign-in. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof Refusal) || error.status >= 500) throw error;
  return undefined;
}
