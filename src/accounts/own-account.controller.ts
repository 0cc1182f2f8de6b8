import { Controller, Delete, HttpCode } from '@nestjs/common';
import { Cookies } from '../http/cookies.js';
import { Documented, sessionCookies } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { Me, type Principal } from '../http/principal.js';
import { NeedsRecentProof } from '../http/recent-proof.decorator.js';
import { SkipVerdictCache } from '../http/skip-verdict-cache.decorator.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { PresentedToken } from '../tokens/presented-token.js';
import { Deletion } from './deletion.js';

@Controller('auth/me')
export class OwnAccountController {
  constructor(
    private readonly deletion: Deletion,
    private readonly presentedToken: PresentedToken,
    private readonly cookies: Cookies,
  ) {}

  @Documented({
    under: 'Account',
    does: 'Deletes the account of the caller',
    note: 'Needs a sign-in or a reauthentication within `STEP_UP_MAX_AGE_SECONDS`.',
    answers: { 204: { says: 'The account is gone.', cookies: sessionCookies } },
    refusalCookies: sessionCookies,
    refuses: ['last_admin', 'revocation_unconfirmed'],
  })
  @SkipVerdictCache()
  @NeedsRecentProof()
  @Delete()
  @HttpCode(204)
  async delete(@Me() me: Principal, @On() exchange: Exchange): Promise<void> {
    const confirmation = await this.deletion.of(me, exchange);
    if (this.presentedToken.of(exchange.request)?.transport === 'cookie') this.cookies.clear(exchange);
    assertConfirmed(confirmation);
  }
}
