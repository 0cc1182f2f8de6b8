// Publishes the metadata that leads to everything that siblings use (RFC 8414, OpenID Connect Discovery).
import { Controller, Get } from '@nestjs/common';
import { Config } from '../config/config.js';
import { OpenToAll } from '../http/open-to-all.js';
import { Public } from '../http/public.decorator.js';
import { FeedDocuments } from './feed-documents.js';
import { metadataOfServices } from './services-metadata.js';

@Public()
@Controller('.well-known')
export class DiscoveryController {
  constructor(
    private readonly config: Config,
    private readonly feed: FeedDocuments,
  ) {}

  @OpenToAll()
  @Get('oauth-authorization-server')
  authorizationServer(): object {
    return this.metadata();
  }

  @OpenToAll()
  @Get('openid-configuration')
  openidConfiguration(): object {
    return {
      ...this.metadata(),
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }

  /**
   * Only what exists. There is no authorization endpoint, which the registered response type `none`
   * comes closest to.
   */
  private metadata() {
    return {
      issuer: this.config.issuer,
      jwks_uri: `${this.config.publicUrl}/.well-known/jwks.json`,
      revocations_uri: this.feed.url,
      response_types_supported: ['none'],
      ...metadataOfServices(this.config.publicUrl),
    };
  }
}
