import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { type Caller, From } from '../../http/caller.js';
import { Documented } from '../../http/documented.decorator.js';
import { OAuthEndpoint } from '../../http/oauth-endpoint.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { VolumeLimit } from '../../limits/volume-limit.js';
import { assertConfirmed } from '../../revocation/confirmation.js';
import { BackChannelLogout } from './back-channel-logout.js';
import { Providers } from '../providers/providers.js';
import { UpstreamLogoutFigures } from './upstream-logout-figures.js';

const logoutForm = z.object({ logout_token: z.string('Missing.').max(16_384) }, 'Missing.');

@Controller('auth/upstream')
export class BackChannelLogoutController {
  constructor(
    private readonly providers: Providers,
    private readonly backChannelLogout: BackChannelLogout,
    private readonly volume: VolumeLimit,
    private readonly figures: UpstreamLogoutFigures,
  ) {}

  @Documented({
    under: 'Signing in',
    does: 'Ends the sessions of a person who has signed out at the provider (OpenID Connect Back-Channel Logout 1.0)',
    note: 'Called by the provider itself. A person or a session that is not known here is no mistake.',
    path: { id: z.string().meta({ description: 'Of UPSTREAM_PROVIDERS.' }) },
    answers: { 200: { says: 'Ended, or there was none.' } },
    refuses: [
      ...(['not_found', 'too_many_attempts', 'revocation_unconfirmed', 'unavailable'] as const),
      ...(['upstream_unavailable', 'upstream_invalid'] as const),
    ],
  })
  @Public()
  @OAuthEndpoint()
  @Post(':id/logout')
  @HttpCode(200)
  async logout(
    @Param('id') id: string,
    @Body({ schema: logoutForm }) { logout_token: text }: z.output<typeof logoutForm>,
    @From() caller: Caller,
  ): Promise<void> {
    const provider = this.providers.named(id);
    // Apart from wrong passwords, as services are: what somebody sends in the provider's name closes no sign-in.
    const held = await this.volume.hold('service_failure', caller.ip);
    try {
      const { sessions, confirmation } = await this.backChannelLogout.act(provider, text, caller);
      this.figures.done(id, sessions);
      assertConfirmed(confirmation);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code !== 'revocation_unconfirmed') {
        this.figures.refused(id, error, caller);
        await held.count();
      }
      throw error;
    } finally {
      held.release();
    }
  }
}
