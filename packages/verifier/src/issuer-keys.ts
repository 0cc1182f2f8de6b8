// The issuer's public keys. The last good set stays in use while the issuer is away.
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { boundedFetch } from './bounded-fetch.js';
import type { Discovery } from './discovery.js';
import type { Settings } from './settings.js';

type RemoteSet = ReturnType<typeof createRemoteJWKSet>;

const MAX_BYTES = 262_144;
const TIMEOUT_MS = 5_000;
/** A token with an unknown `kid` causes one look at the set, and then none for so long. */
const COOLDOWN_MS = 5_000;
/** So old a set is renewed in the background, when the next token comes. */
const RENEWAL_MS = 600_000;
/** After a failure nobody asks again for so long. */
const FAILURE_GAP_MS = 1_000;

export class IssuerKeys {
  private set: Promise<RemoteSet> | undefined;
  private failedAt = -Infinity;
  private renewalDueAt = -Infinity;
  private reloadedForFeedAt = -Infinity;

  constructor(
    private readonly discovery: Discovery,
    private readonly settings: Settings,
  ) {}

  /** For access tokens. It rejects with an error that is not jose's when the set cannot be had. */
  readonly forTokens: JWTVerifyGetKey = async (header, token) => {
    const set = await this.remote();
    this.renewIfDue(set);
    return set(header, token);
  };

  /**
   * For documents of the issuer: after an emergency rotation the feed is the first to be signed by the new key, so an
   * unknown `kid` is looked up without the pause that protects from strangers' tokens.
   */
  readonly forFeed: JWTVerifyGetKey = async (header, token) => {
    const set = await this.remote();
    try {
      return await set(header, token);
    } catch (error) {
      const now = performance.now();
      if (!(error instanceof errors.JWKSNoMatchingKey) || now < this.reloadedForFeedAt + FAILURE_GAP_MS) throw error;
      this.reloadedForFeedAt = now;
      await set.reload();
      return set(header, token);
    }
  };

  /** Fetches the set now: a key was revoked, or may have been. @throws Error when it cannot be had */
  async renew(): Promise<void> {
    await (await this.remote()).reload();
  }

  private renewIfDue(set: RemoteSet): void {
    const now = performance.now();
    if (now < this.renewalDueAt) return;
    // The first call finds no set yet, and fetches it itself.
    const isFirst = this.renewalDueAt === -Infinity;
    this.renewalDueAt = now + RENEWAL_MS;
    if (!isFirst) void set.reload().catch(() => (this.renewalDueAt = performance.now() + COOLDOWN_MS));
  }

  private remote(): Promise<RemoteSet> {
    this.set ??= this.create().catch((error: unknown) => {
      this.set = undefined;
      throw error;
    });
    return this.set;
  }

  private async create(): Promise<RemoteSet> {
    const { jwksUri } = await this.discovery.addresses();
    return createRemoteJWKSet(new URL(jwksUri), {
      cacheMaxAge: Infinity, // an outage must not empty it; `renewIfDue` keeps it young
      cooldownDuration: COOLDOWN_MS,
      [customFetch]: (url) => this.fetchSet(url),
    });
  }

  private async fetchSet(url: string): Promise<Response> {
    if (performance.now() < this.failedAt + FAILURE_GAP_MS) throw new Error(`${url} failed a moment ago`);
    try {
      const bounds = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, headers: { accept: 'application/json' } };
      const { status, text } = await boundedFetch(this.settings.fetch, url, bounds);
      if (status !== 200) throw new Error(`${url} answered ${status}`);
      return new Response(text);
    } catch (error) {
      this.failedAt = performance.now();
      throw error;
    }
  }
}
