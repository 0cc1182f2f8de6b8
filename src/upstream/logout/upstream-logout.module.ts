import { Module } from '@nestjs/common';
import { KeysModule } from '../../keys/keys.module.js';
import { LimitsModule } from '../../limits/limits.module.js';
import { RevocationModule } from '../../revocation/revocation.module.js';
import { SessionsModule } from '../../sessions/sessions.module.js';
import { BackChannelLogoutController } from './back-channel-logout.controller.js';
import { BackChannelLogout } from './back-channel-logout.js';
import { EndSession } from './end-session.js';
import { ProviderKeys } from '../providers/provider-keys.js';
import { UpstreamLogoutFigures } from './upstream-logout-figures.js';
import { UpstreamPurge } from '../upstream-purge.js';
import { UpstreamModule } from '../upstream.module.js';

@Module({
  imports: [KeysModule, LimitsModule, RevocationModule, SessionsModule, UpstreamModule],
  controllers: [BackChannelLogoutController],
  providers: [BackChannelLogout, EndSession, ProviderKeys, UpstreamLogoutFigures, UpstreamPurge],
})
export class UpstreamLogoutModule {}
