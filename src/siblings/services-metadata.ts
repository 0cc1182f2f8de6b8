// The metadata of the routes for services (RFC 8414 §2, RFC 9701 §7).
import { OWN_SCOPES } from './service-rights.js';

const AUTH_METHODS = ['client_secret_basic', 'client_secret_post'];

export const metadataOfServices = (publicUrl: string) => ({
  grant_types_supported: ['client_credentials'],
  scopes_supported: OWN_SCOPES,
  token_endpoint: `${publicUrl}/oauth/token`,
  token_endpoint_auth_methods_supported: AUTH_METHODS,
  introspection_endpoint: `${publicUrl}/oauth/introspect`,
  introspection_endpoint_auth_methods_supported: AUTH_METHODS,
  introspection_signing_alg_values_supported: ['RS256'],
  revocation_endpoint: `${publicUrl}/oauth/revoke`,
  revocation_endpoint_auth_methods_supported: AUTH_METHODS,
});
