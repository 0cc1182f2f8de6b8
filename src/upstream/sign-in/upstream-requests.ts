// Keeps the requests of browsers that are at a provider: ten minutes, and good once.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import * as client from 'openid-client';
import type { ProviderSettings } from '../../config/provider-file.js';
import { Database } from '../../database/database.js';
import { given, Prepared } from '../../database/prepared.js';
import { upstreamRequests } from '../../database/schema/upstream.js';
import type { Transport, UpstreamPurpose } from '../../database/schema/vocabularies.js';
import { DerivedKeys } from '../../keys/derived-keys.js';
import { Providers } from '../providers/providers.js';
import { challengeOf, newState, secretsOf, type UpstreamSecrets } from './upstream-secrets.js';

export const REQUEST_SECONDS = 600;

/** What a browser goes to the provider for. */
export interface UpstreamWish {
  readonly purpose: UpstreamPurpose;
  readonly transport: Transport;
  readonly persistent: boolean;
  /** Judged before: over cookies an address of ours or of a listed origin, over `bearer` a listed one. */
  readonly returnTo: string | null;
  readonly appChallenge: string | null;
  readonly appState: string | null;
  /** `link`: whose session it was begun in. */
  readonly userId: string | null;
  readonly sessionId: string | null;
}

@Injectable()
export class UpstreamRequests {
  constructor(
    private readonly database: Database,
    private readonly keys: DerivedKeys,
    private readonly providers: Providers,
  ) {}

  /**
   * @param isFresh whether the provider is to ask who they are, though it may know
   * @returns the address at the provider, and what the state cookie holds
   * @throws Refusal `upstream_unavailable`, `upstream_invalid`
   */
  async begin(
    provider: ProviderSettings,
    wish: UpstreamWish,
    { isFresh = false }: { readonly isFresh?: boolean } = {},
  ): Promise<UpstreamSecrets & { readonly location: string }> {
    const secrets = await this.secretsOf(newState());
    if (!secrets) throw new Error('a new state is one');
    const location = await this.locationOf(provider, secrets, isFresh);
    await begun.run(this.database, { hash: secrets.hash, provider: provider.id, ...wish, seconds: REQUEST_SECONDS });
    return { ...secrets, location };
  }

  /** @returns undefined for what is no state */
  async secretsOf(state: unknown): Promise<UpstreamSecrets | undefined> {
    return secretsOf(state, await this.keys.of('upstream request'));
  }

  /** Spends the state. @returns undefined if it is unknown, expired, used or of another provider */
  async take(provider: ProviderSettings, { hash }: UpstreamSecrets): Promise<UpstreamWish | undefined> {
    const [row] = await taken.run(this.database, { hash, provider: provider.id });
    return row;
  }

  /** Spends nothing. */
  async look(provider: ProviderSettings, { hash }: UpstreamSecrets): Promise<UpstreamWish | undefined> {
    const [row] = await looked.run(this.database, { hash, provider: provider.id });
    return row;
  }

  /** @param isFresh whether the provider is to ask who they are, though it may know (`max_age`) */
  async locationOf(
    provider: ProviderSettings,
    { state, nonce, verifier }: UpstreamSecrets,
    isFresh = false,
  ): Promise<string> {
    const configuration = await this.providers.configurationOf(provider);
    const { secondFactor } = provider;
    return client.buildAuthorizationUrl(configuration, {
      redirect_uri: this.providers.callbackOf(provider),
      scope: provider.scopes.join(' '),
      ...{ state, nonce, code_challenge: challengeOf(verifier), code_challenge_method: 'S256' },
      ...(isFresh ? { max_age: '0' } : {}),
      ...(secondFactor?.claim === 'acr' ? { acr_values: secondFactor.values.join(' ') } : {}),
    }).href;
  }
}

const begun = new Prepared<object>(
  'begin_upstream_request',
  sql`
  insert into ${upstreamRequests} (hash, provider, purpose, transport, persistent, return_to, app_challenge, app_state,
         user_id, session_id, created_at, expires_at)
  select ${given('hash')}, ${given('provider')}, ${given('purpose')}, ${given('transport')}, ${given('persistent')}::boolean,
         ${given('returnTo')}::text, ${given('appChallenge')}::text, ${given('appState')}::text, ${given('userId')}::uuid,
         ${given('sessionId')}::uuid, now, now + make_interval(secs => ${given('seconds')}::int)
    from protocol_now() as now`,
);

const wish = sql`purpose, transport, persistent, return_to as "returnTo", app_challenge as "appChallenge",
            app_state as "appState", user_id as "userId", session_id as "sessionId"`;
const isGood = sql`hash = ${given('hash')} and provider = ${given('provider')} and expires_at > (select protocol_now())`;

const taken = new Prepared<UpstreamWish & Record<string, unknown>>(
  'take_upstream_request',
  sql`delete from ${upstreamRequests} where ${isGood} returning ${wish}`,
);

const looked = new Prepared<UpstreamWish & Record<string, unknown>>(
  'look_upstream_request',
  sql`select ${wish} from ${upstreamRequests} where ${isGood}`,
);
