// Finds the issuer's key set and feed by its metadata (RFC 8414), once.
import { boundedFetch } from './bounded-fetch.js';
import type { Settings } from './settings.js';

export interface Addresses {
  readonly jwksUri: string;
  /** Where the feed is fetched; undefined when the issuer has none. */
  readonly revocationsUri: string | undefined;
}

const BOUNDS = { timeoutMs: 5_000, maxBytes: 65_536 };
/** After a failure nobody asks again for so long, however many tokens come in. */
const FAILURE_GAP_MS = 1_000;

/** RFC 8414 §3.1: a path of the issuer comes after the well-known part, without its last slash. */
export function metadataUrlOf(issuer: string): string {
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`;
}

export class Discovery {
  private found: Promise<Addresses> | undefined;

  constructor(private readonly settings: Settings) {}

  /** @throws Error when the metadata cannot be had, or is not the issuer's */
  addresses(): Promise<Addresses> {
    this.found ??= this.discover().catch((error: unknown) => {
      setTimeout(() => (this.found = undefined), FAILURE_GAP_MS).unref();
      throw error;
    });
    return this.found;
  }

  private async discover(): Promise<Addresses> {
    const { jwksUri, revocationsUri, issuer, fetch } = this.settings;
    if (jwksUri !== undefined && revocationsUri !== undefined) return { jwksUri, revocationsUri };
    const url = metadataUrlOf(issuer);
    const { status, text } = await boundedFetch(fetch, url, { ...BOUNDS, headers: { accept: 'application/json' } });
    if (status !== 200) throw new Error(`${url} answered ${status}`);
    const metadata: unknown = JSON.parse(text);
    // RFC 8414 §3.3: otherwise one issuer could pass for another.
    if (memberOf(metadata, 'issuer') !== issuer) throw new Error(`${url} is the metadata of another issuer`);
    return {
      jwksUri: jwksUri ?? this.ownUrl(memberOf(metadata, 'jwks_uri'), 'jwks_uri'),
      revocationsUri: revocationsUri ?? this.feedUrl(memberOf(metadata, 'revocations_uri')),
    };
  }

  private feedUrl(value: unknown): string | undefined {
    return value === undefined ? undefined : this.ownUrl(value, 'revocations_uri');
  }

  /** A URL of another origin counts only if the sibling's operator has pinned it. */
  private ownUrl(value: unknown, member: string): string {
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (url?.origin !== new URL(this.settings.issuer).origin || url.username !== '' || url.password !== '')
      throw new Error(`${member} of the metadata is not of the issuer's origin; pin it if it is right`);
    return url.href;
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
