// The one door: every proof of identity ends here, and only here a session begins.
import { Injectable } from '@nestjs/common';
import type { Caller } from '../http/caller.js';
import type { IssuedTokens } from '../sessions/issued-tokens.js';
import { type ProvenUser, Sessions, type SessionWish } from '../sessions/sessions.js';

@Injectable()
export class SignIn {
  constructor(private readonly sessions: Sessions) {}

  /** @returns undefined when the user changed since the proof: prove again. */
  complete(user: ProvenUser, wish: SessionWish, caller: Caller): Promise<IssuedTokens | undefined> {
    return this.sessions.start(user, wish, caller);
  }
}
