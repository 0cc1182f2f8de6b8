// Where the session at a provider ends (OpenID Connect RP-Initiated Logout 1.0 §2).
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { reasonOf } from '../../runtime/reason.js';
import { UpstreamLogoutLinks } from '../../sessions/upstream-logout-links.js';
import { type KeptSignIn, UpstreamSignIns } from '../../sessions/upstream-sign-ins.js';
import { Log } from '../../telemetry/log.js';
import { Providers } from '../providers/providers.js';

/** Servers take some 8 KB for the first line of a request; an ID token with hundreds of groups is longer. */
const MAX_HINT_CHARACTERS = 4_000;

@Injectable()
export class EndSession {
  constructor(
    private readonly providers: Providers,
    private readonly signIns: UpstreamSignIns,
    private readonly config: Config,
    private readonly log: Log,
    links: UpstreamLogoutLinks,
  ) {
    links.provideBy((signIn) => this.linkOf(signIn));
  }

  /** @returns undefined if the provider has no such address, or does not answer now: the session here has ended anyway */
  private async linkOf(signIn: KeptSignIn): Promise<string | undefined> {
    try {
      return await this.link(signIn);
    } catch (error) {
      this.log.warn({ event: 'upstream.logout_link_failed', provider: signIn.provider, reason: reasonOf(error) });
      return undefined;
    }
  }

  private async link(signIn: KeptSignIn): Promise<string | undefined> {
    const provider = this.providers.find(signIn.provider);
    if (provider?.issuer !== signIn.issuer) return undefined;
    const { end_session_endpoint: endpoint } = (await this.providers.configurationOf(provider)).serverMetadata();
    // A web address: provider-metadata.ts takes no other, which matters here, since pages navigate to it.
    if (endpoint === undefined) return undefined;
    const link = new URL(endpoint);
    const hint = this.signIns.idTokenOf(signIn);
    link.searchParams.set('client_id', provider.clientId);
    if (hint !== undefined && hint.length <= MAX_HINT_CHARACTERS) link.searchParams.set('id_token_hint', hint);
    if (provider.returnAfterLogout) link.searchParams.set('post_logout_redirect_uri', this.returnAddress);
    return link.href;
  }

  /** To be registered at the provider. */
  private get returnAddress(): string {
    return `${this.config.publicUrl}/account/sign-in`;
  }
}
