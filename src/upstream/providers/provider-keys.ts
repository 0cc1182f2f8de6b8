// The keys of a provider, for tokens that it sends by itself. Whoever sends garbage must not make us ask the provider again
// and again: however many tokens come, its key set is fetched at most once in RETRY_MS.
import { Injectable } from '@nestjs/common';
import { createLocalJWKSet, type CryptoKey, errors, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { Clock } from '../../clock.js';
import type { ProviderSettings } from '../../config/provider-file.js';
import { boundedFetch } from './bounded-fetch.js';
import { Providers } from './providers.js';
import { refusalOf } from './upstream-fault.js';

/** A key that the provider takes away is good for no longer. */
const FRESH_MS = 600_000;
const RETRY_MS = 30_000;
const TIMEOUT_MS = 5_000;

interface Kept {
  set?: JSONWebKeySet;
  fetchedAt: number;
  triedAt: number;
  pending?: Promise<void> | undefined;
  fault?: unknown;
}

@Injectable()
export class ProviderKeys {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly providers: Providers,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns the public key that the header names
   * @throws Refusal `upstream_unavailable`, `upstream_invalid`; the errors of jose for a key that the provider does not have
   */
  async keyFor(provider: ProviderSettings, header: JWSHeaderParameters): Promise<CryptoKey> {
    const kept = this.kept.get(provider.id) ?? { fetchedAt: -Infinity, triedAt: -Infinity };
    this.kept.set(provider.id, kept);
    const now = this.clock.now().getTime();
    if (kept.set === undefined || now - kept.fetchedAt > FRESH_MS) await this.renew(provider, kept);
    try {
      return await this.found(kept, header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.renew(provider, kept);
      return this.found(kept, header);
    }
  }

  private async found({ set, fault }: Kept, header: JWSHeaderParameters): Promise<CryptoKey> {
    if (!set) throw refusalOf(fault);
    return createLocalJWKSet(set)(header);
  }

  /** Those who come at the same time wait for one answer. */
  private async renew(provider: ProviderSettings, kept: Kept): Promise<void> {
    const now = this.clock.now().getTime();
    if (!kept.pending && now - kept.triedAt < RETRY_MS) return;
    kept.pending ??= this.fetch(provider, kept, now).finally(() => (kept.pending = undefined));
    await kept.pending;
  }

  private async fetch(provider: ProviderSettings, kept: Kept, now: number): Promise<void> {
    kept.triedAt = now;
    try {
      const metadata = (await this.providers.configurationOf(provider)).serverMetadata();
      const options = { headers: { accept: 'application/json' }, method: 'GET', redirect: 'manual' } as const;
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await boundedFetch(String(metadata.jwks_uri), { ...options, body: undefined, signal });
      if (response.status !== 200) throw new Error('its keys are not to be had', { cause: response });
      const set = (await response.json()) as JSONWebKeySet;
      createLocalJWKSet(set); // refuses what is no key set
      Object.assign(kept, { set, fetchedAt: now });
    } catch (fault) {
      // What was known stays good until it is too old.
      Object.assign(kept, { fault, ...(now - kept.fetchedAt > FRESH_MS ? { set: undefined } : {}) });
    }
  }
}
