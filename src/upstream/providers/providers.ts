// Knows the providers: what their metadata says and which keys they have. Each is asked when somebody signs in there, and
// not before: one that is down keeps nothing else from working.
import { Injectable } from '@nestjs/common';
import * as client from 'openid-client';
import { Clock } from '../../clock.js';
import { Config } from '../../config/config.js';
import type { ProviderSettings } from '../../config/provider-file.js';
import { Refusal } from '../../errors.js';
import { boundedFetch } from './bounded-fetch.js';
import { faultIn } from './provider-metadata.js';
import { lie, refusalOf } from './upstream-fault.js';

const KEPT_MS = 3_600_000;
const MAX_PAUSE_MS = 30_000;
const TIMEOUT_SECONDS = 5;
/** RFC 8725 §3.1: no algorithm that the token chooses. */
export const ID_TOKEN_ALGORITHMS = ['RS256', 'ES256'];
/** The library asks for an unknown key at once only if the set that it has is a minute old. */
const KEYS_SEEM_OLD_SECONDS = 60;

interface Known {
  metadata?: client.ServerMetadata;
  /** Until when the metadata needs no asking. */
  freshUntil: number;
  keys?: NonNullable<ReturnType<typeof client.getJwksCache>>;
  pending?: Promise<client.ServerMetadata> | undefined;
  failures: number;
  pausedUntil: number;
  fault?: Refusal;
}

@Injectable()
export class Providers {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  get all(): readonly ProviderSettings[] {
    return this.config.upstreamProviders;
  }

  find(id: string): ProviderSettings | undefined {
    return this.all.find((provider) => provider.id === id);
  }

  /** @throws Refusal `not_found` */
  named(id: string): ProviderSettings {
    const provider = this.find(id);
    if (!provider) throw new Refusal('not_found', { detail: 'There is no such provider.' });
    return provider;
  }

  /** The address that the operator registers at the provider. */
  callbackOf({ id }: ProviderSettings): string {
    return `${this.config.publicUrl}/auth/upstream/${id}/callback`;
  }

  /**
   * @returns a configuration for one exchange with the provider, which asks for the keys again where it does not know one
   * @throws Refusal `upstream_unavailable`, `upstream_invalid`
   */
  async configurationOf(provider: ProviderSettings): Promise<client.Configuration> {
    const known = this.knownOf(provider);
    const metadata = await this.metadataOf(provider, known);
    const { clientId, clientSecret } = provider;
    const restricted = { ...metadata, id_token_signing_alg_values_supported: ID_TOKEN_ALGORITHMS };
    const configuration = new client.Configuration(restricted, clientId, {}, authOf(metadata, clientSecret));
    configuration.timeout = TIMEOUT_SECONDS;
    configuration[client.customFetch] = boundedFetch;
    client.enableNonRepudiationChecks(configuration);
    if (this.mayBePlain(provider)) client.allowInsecureRequests(configuration);
    const { keys } = known;
    const seemsOf = Math.floor(this.clock.now().getTime() / 1_000) - KEYS_SEEM_OLD_SECONDS;
    if (keys) client.setJwksCache(configuration, { ...keys, uat: Math.min(keys.uat, seemsOf) });
    return configuration;
  }

  /** Keeps the keys that an exchange asked for; it may have done so in the second of the one before. */
  keepKeys(provider: ProviderSettings, configuration: client.Configuration): void {
    const keys = client.getJwksCache(configuration);
    const known = this.knownOf(provider);
    if (keys && keys.uat >= (known.keys?.uat ?? 0)) known.keys = structuredClone(keys);
  }

  private knownOf({ id }: ProviderSettings): Known {
    const known = this.known.get(id) ?? { freshUntil: 0, failures: 0, pausedUntil: 0 };
    this.known.set(id, known);
    return known;
  }

  private async metadataOf(provider: ProviderSettings, known: Known): Promise<client.ServerMetadata> {
    const now = this.clock.now().getTime();
    if (known.metadata && now < known.freshUntil) return known.metadata;
    if (now < known.pausedUntil && known.fault) {
      if (known.metadata) return known.metadata;
      throw known.fault;
    }
    known.pending ??= this.ask(provider, known).finally(() => (known.pending = undefined));
    return known.pending;
  }

  /** What was known of a provider that is down stays good. */
  private async ask(provider: ProviderSettings, known: Known): Promise<client.ServerMetadata> {
    try {
      const metadata = await this.discover(provider);
      Object.assign(known, { metadata, freshUntil: this.clock.now().getTime() + KEPT_MS, failures: 0, pausedUntil: 0 });
      return metadata;
    } catch (error) {
      const fault = refusalOf(error);
      const pause = Math.min(1_000 * 2 ** known.failures, MAX_PAUSE_MS);
      Object.assign(known, { fault, failures: known.failures + 1, pausedUntil: this.clock.now().getTime() + pause });
      if (known.metadata && fault.code === 'upstream_unavailable') return known.metadata;
      throw fault;
    }
  }

  private async discover(provider: ProviderSettings): Promise<client.ServerMetadata> {
    const { issuer, clientId, clientSecret } = provider;
    const execute = this.mayBePlain(provider) ? [client.allowInsecureRequests] : [];
    const options = { execute, timeout: TIMEOUT_SECONDS, [client.customFetch]: boundedFetch };
    const found = await client.discovery(new URL(issuer), clientId, clientSecret, undefined, options);
    const metadata = found.serverMetadata();
    const fault = faultIn(metadata, { issuer, mayBePlain: this.mayBePlain(provider) });
    if (fault !== undefined) throw lie(fault);
    return metadata;
  }

  private mayBePlain({ issuer }: ProviderSettings): boolean {
    return !this.config.isProduction && issuer.startsWith('http:');
  }
}

/** In the body where the provider takes it: the two sides encode a secret for Basic in different ways (RFC 6749 §2.3.1). */
export function clientAuthOf({ token_endpoint_auth_methods_supported: takes }: Partial<client.ServerMetadata>) {
  return takes?.includes('client_secret_post') ? 'client_secret_post' : 'client_secret_basic';
}

function authOf(metadata: client.ServerMetadata, secret: string): client.ClientAuth {
  return clientAuthOf(metadata) === 'client_secret_post'
    ? client.ClientSecretPost(secret)
    : client.ClientSecretBasic(secret);
}
