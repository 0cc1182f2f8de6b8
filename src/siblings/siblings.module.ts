import { Module } from '@nestjs/common';
import { KeysModule } from '../keys/keys.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { CurrentSet } from './current-set.js';
import { DiscoveryController } from './discovery.controller.js';
import { FeedController } from './feed.controller.js';
import { FeedDocuments } from './feed-documents.js';
import { FeedMetrics } from './feed-metrics.js';
import { OAuthModule } from './oauth.module.js';
import { RevocationFeed } from './revocation-feed.js';
import { RevokedSets } from './revoked-set.js';

@Module({
  imports: [KeysModule, OAuthModule, RevocationModule],
  controllers: [DiscoveryController, FeedController],
  providers: [CurrentSet, FeedDocuments, FeedMetrics, RevocationFeed, RevokedSets],
})
export class SiblingsModule {}
