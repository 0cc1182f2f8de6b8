// Ends the sessions whose tokens a request carries. A token that cannot be read is refused, never ignored.
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Audit } from '../audit/audit.js';
import { Refusal, type RefusalCode } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import type { Exchange } from '../http/exchange.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { SessionEnd, type SessionEnded } from '../sessions/session-end.js';
import { unprovenEvent } from '../sessions/unproven.js';
import { BrowserSession } from '../tokens/browser-session.js';
import { parseRefreshToken } from '../tokens/refresh-token.js';
import { TokenPossession } from '../tokens/token-possession.js';
import { TokenVerification } from '../tokens/token-verification.js';

const worthless = new Set<RefusalCode>(['unauthenticated', 'refresh_token_invalid', 'dpop_scheme_mismatch']);

/** How a token came. */
type Came = Omit<Exchange, 'reply'>;

@Injectable()
export class Logout {
  constructor(
    private readonly sessionEnd: SessionEnd,
    private readonly browserSession: BrowserSession,
    private readonly verification: TokenVerification,
    private readonly possession: TokenPossession,
    private readonly cookies: Cookies,
    private readonly audit: Audit,
  ) {}

  /**
   * Ends a browser's session and clears its cookies; without any token there is nothing to do.
   * @returns what ended
   * @throws Refusal `unauthenticated`, `refresh_token_invalid`, `token_stale`, `revocation_unconfirmed`, `unavailable`
   */
  async ofBrowser(exchange: Exchange): Promise<readonly SessionEnded[]> {
    const { request, caller } = exchange;
    const ended = await this.endOfBrowser(request, caller).catch((error: unknown) => {
      // Cookies that name no session are cleared; after any other refusal they may still be needed.
      if (error instanceof Refusal && worthless.has(error.code)) this.cookies.clear(exchange);
      throw error;
    });
    this.cookies.clear(exchange); // even if the end stays unconfirmed: it is committed
    for (const { confirmation } of ended) assertConfirmed(confirmation);
    return ended;
  }

  private async endOfBrowser(request: FastifyRequest, caller: Caller): Promise<SessionEnded[]> {
    const session = this.browserSession.of(request);
    if (session) return [await this.sessionEnd.one(session, caller)];
    const access = this.browserSession.accessToken(request);
    if (access !== undefined) return [await this.byAccessToken(access, { request, caller })];
    const refresh = this.cookies.values(request, 'refresh');
    if (refresh.length > 0) return this.byRefreshCookies(refresh, caller);
    if (this.cookies.values(request, 'access').length > 0) throw new Refusal('unauthenticated');
    return [];
  }

  /**
   * Ends the session of an access token, expired or not.
   * @throws Refusal `unauthenticated`, `token_stale`, `unavailable`; for one without its key, `dpop_scheme_mismatch`,
   * `dpop_access_proof_invalid`, `dpop_nonce_required`
   */
  async byAccessToken(text: string, { request, caller }: Came): Promise<SessionEnded> {
    const claims = await this.verification.intactClaims(text);
    await this.possession.assert(request, claims);
    const { sub, sid } = claims;
    return this.sessionEnd.one({ userId: sub, sessionId: sid }, caller);
  }

  /**
   * Ends the session of a refresh token, if it still exists.
   * @throws Refusal `refresh_token_invalid` for a text that is no refresh token; `dpop_proof_invalid`,
   * `dpop_nonce_required`, `unavailable` for one whose session is bound to a key: a copy signs nobody out
   */
  async byRefreshToken(text: string, { request, caller }: Came): Promise<SessionEnded[]> {
    const token = parseRefreshToken(text);
    if (!token) throw new Refusal('refresh_token_invalid');
    const session = await this.sessionEnd.ofRefreshToken(token);
    if (!session) return [];
    const jkt = session.jkt === null ? null : await this.possession.keyOf(request);
    if (jkt !== session.jkt) {
      this.audit.note(unprovenEvent(token, session, jkt !== undefined), caller);
      throw new Refusal('dpop_proof_invalid', { session: 'keep' });
    }
    return [await this.sessionEnd.one(session, caller)];
  }

  /** A session that is bound to a key is not one over cookies: somebody has planted its token, and it ends nothing. */
  private async byRefreshCookies(texts: readonly string[], caller: Caller): Promise<SessionEnded[]> {
    const tokens = texts.map((text) => parseRefreshToken(text)).filter((token) => token !== undefined);
    if (tokens.length === 0) throw new Refusal('refresh_token_invalid');
    const sessions = await Promise.all(tokens.map((token) => this.sessionEnd.ofRefreshToken(token)));
    const unbound = sessions.flatMap((session) => (session?.jkt === null ? [session] : []));
    return Promise.all(unbound.map((session) => this.sessionEnd.one(session, caller)));
  }
}
