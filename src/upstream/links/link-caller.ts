// Finds the caller of a public route by their access token, with every check that the guard makes on closed routes.
import { Injectable } from '@nestjs/common';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { refuseDead } from '../../revocation/refuse-dead.js';
import { Revocations } from '../../revocation/revocations.js';
import type { AccessClaims } from '../../tokens/access-token.js';
import { PresentedToken } from '../../tokens/presented-token.js';
import { TokenPossession } from '../../tokens/token-possession.js';
import { TokenVerification } from '../../tokens/token-verification.js';

@Injectable()
export class LinkCaller {
  constructor(
    private readonly presented: PresentedToken,
    private readonly tokens: TokenVerification,
    private readonly possession: TokenPossession,
    private readonly revocations: Revocations,
  ) {}

  /** @throws Refusal of a token that is missing, in a cookie, dead, or bound to a key that proves nothing */
  async of({ request }: Exchange): Promise<AccessClaims> {
    const token = this.presented.of(request);
    if (token?.transport !== 'bearer') throw new Refusal('unauthenticated');
    const claims = await this.tokens.intactClaims(token.text);
    this.tokens.assertCurrent(claims);
    await this.possession.assert(request, claims);
    refuseDead(await this.revocations.verdictFor(claims, true));
    return claims;
  }
}
