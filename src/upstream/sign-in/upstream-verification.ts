// Verifies what a provider answers: exchanges the code, and checks the ID token (OpenID Connect Core §3.1.3.7) and userinfo.
import { Injectable } from '@nestjs/common';
import * as client from 'openid-client';
import { Clock } from '../../clock.js';
import type { ProviderSettings } from '../../config/provider-file.js';
import { Providers } from '../providers/providers.js';
import { answerOf, isPlain, type UpstreamAnswer } from '../identities/upstream-answer.js';
import { lie, refusalOf } from '../providers/upstream-fault.js';
import type { UpstreamSecrets } from './upstream-secrets.js';

/** As the library allows for `exp` and `nbf`. */
const CLOCK_TOLERANCE_SECONDS = 30;

@Injectable()
export class UpstreamVerification {
  constructor(
    private readonly providers: Providers,
    private readonly clock: Clock,
  ) {}

  /**
   * @param search the query that the browser brought, as it came
   * @throws Refusal `upstream_declined`, `upstream_invalid`, `upstream_unavailable`, `upstream_request_invalid`
   */
  async of(provider: ProviderSettings, secrets: UpstreamSecrets, search: string): Promise<UpstreamAnswer> {
    const configuration = await this.providers.configurationOf(provider);
    try {
      return await this.verified(provider, secrets, search, configuration);
    } catch (error) {
      throw refusalOf(error);
    } finally {
      this.providers.keepKeys(provider, configuration);
    }
  }

  private async verified(
    provider: ProviderSettings,
    { state, nonce, verifier }: UpstreamSecrets,
    search: string,
    configuration: client.Configuration,
  ): Promise<UpstreamAnswer> {
    const came = new URL(`${this.providers.callbackOf(provider)}?${search}`);
    // With it: `iss` of the response (RFC 9207), and of the token; signature, `aud`, `azp`, `exp`, `nonce`.
    const tokens = await client.authorizationCodeGrant(configuration, came, {
      ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true },
    });
    const [claims, text] = [tokens.claims(), tokens.id_token];
    if (!claims || text === undefined) throw lie('the token answer has no ID token');
    this.assertHonest(claims, provider);
    const { userinfo_endpoint: endpoint } = configuration.serverMetadata();
    const userinfo =
      endpoint === undefined ? {} : await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
    return answerOf(provider, { subject: claims.sub, text }, { idToken: claims, userinfo });
  }

  /** What the library leaves to its caller. */
  private assertHonest({ sub, azp, iat }: client.IDToken, { clientId }: ProviderSettings): void {
    if (!isPlain(sub)) throw lie('the claim sub is no text of 1 to 255 ASCII characters');
    if (azp !== undefined && azp !== clientId) throw lie('the claim azp names another client');
    if (iat > this.clock.now().getTime() / 1_000 + CLOCK_TOLERANCE_SECONDS)
      throw lie('the claim iat lies in the future');
  }
}
