// Publishes the metadata that leads to everything that siblings use (RFC 8414, OpenID Connect Discovery).
import { ACR_VALUES } from '../../packages/contract/src/claims.js';
import { Controller, Get } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../config/config.js';
import { Documented } from '../http/documented.decorator.js';
import { OpenToAll } from '../http/open-to-all.js';
import { PROOF_ALGORITHMS } from '../http/key-proof.js';
import { Public } from '../http/public.decorator.js';
import { FeedDocuments } from './feed-documents.js';
import { metadataOfServices } from './services-metadata.js';

const issuerMetadata = z.object({
  issuer: z.string(),
  jwks_uri: z.string(),
  revocations_uri: z.string(),
  response_types_supported: z.array(z.string()),
  acr_values_supported: z.array(z.string()).readonly(),
  dpop_signing_alg_values_supported: z.array(z.string()).readonly(),
  grant_types_supported: z.array(z.string()),
  scopes_supported: z.array(z.string()).readonly(),
  ...{ token_endpoint: z.string(), token_endpoint_auth_methods_supported: z.array(z.string()) },
  ...{ introspection_endpoint: z.string(), introspection_endpoint_auth_methods_supported: z.array(z.string()) },
  introspection_signing_alg_values_supported: z.array(z.string()),
  global_token_revocation_endpoint: z.string(),
  ...{ revocation_endpoint: z.string(), revocation_endpoint_auth_methods_supported: z.array(z.string()) },
});
const openidMetadata = issuerMetadata.extend({
  subject_types_supported: z.array(z.string()),
  id_token_signing_alg_values_supported: z.array(z.string()),
});

@Public()
@Controller('.well-known')
export class DiscoveryController {
  constructor(
    private readonly config: Config,
    private readonly feed: FeedDocuments,
  ) {}

  @Documented({
    under: 'Keys and discovery',
    does: 'Describes this issuer (RFC 8414)',
    answers: { 200: { says: 'The metadata.', body: issuerMetadata } },
  })
  @OpenToAll()
  @Get('oauth-authorization-server')
  authorizationServer(): z.output<typeof issuerMetadata> {
    return this.metadata();
  }

  @Documented({
    under: 'Keys and discovery',
    does: 'Describes this issuer (OpenID Connect Discovery 1.0)',
    answers: { 200: { says: 'The metadata.', body: openidMetadata } },
  })
  @OpenToAll()
  @Get('openid-configuration')
  openidConfiguration(): z.output<typeof openidMetadata> {
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
  private metadata(): z.output<typeof issuerMetadata> {
    return {
      issuer: this.config.issuer,
      jwks_uri: `${this.config.publicUrl}/.well-known/jwks.json`,
      revocations_uri: this.feed.url,
      response_types_supported: ['none'],
      acr_values_supported: ACR_VALUES,
      dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
      global_token_revocation_endpoint: `${this.config.publicUrl}/admin/sessions/end`,
      ...metadataOfServices(this.config.publicUrl),
    };
  }
}
