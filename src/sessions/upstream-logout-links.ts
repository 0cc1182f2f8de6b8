// Where a person ends the session at the provider that a session here began at. Only upstream/ knows the providers, and
// says it.
import { Injectable } from '@nestjs/common';
import type { SessionRef } from '../tokens/auth-session.js';
import { type KeptSignIn, UpstreamSignIns } from './upstream-sign-ins.js';

type LinkOf = (signIn: KeptSignIn) => Promise<string | undefined>;

@Injectable()
export class UpstreamLogoutLinks {
  private linkOf: LinkOf | undefined;

  constructor(private readonly signIns: UpstreamSignIns) {}

  /** @param linkOf must not throw: the session here has ended by then */
  provideBy(linkOf: LinkOf): void {
    this.linkOf = linkOf;
  }

  /** @returns undefined if the session began elsewhere, or at a provider that has no such address */
  async of({ userId, sessionId }: SessionRef): Promise<string | undefined> {
    const signIn = await this.signIns.ofSession(userId, sessionId);
    return signIn && this.linkOf?.(signIn);
  }
}
