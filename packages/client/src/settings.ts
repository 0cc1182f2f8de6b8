// The options of a client, checked once and completed.
import { type Locks, ownLocks } from './locks.js';
import { platform } from './platform.js';
import { memoryStorage, type TokenStorage } from './storage.js';
import { originOf } from './trust.js';

export interface ClientOptions {
  /** Watchword's origin, such as `https://auth.example.com`. */
  readonly issuer: string;
  /** `cookie` for browsers: they keep the tokens, and pages never see them. `bearer` for everything else. */
  readonly transport: 'cookie' | 'bearer';
  /** Other origins that get the access token: your APIs. Nobody else ever does. */
  readonly apis?: readonly string[];
  /** Bearer only; in memory where it is missing. */
  readonly storage?: TokenStorage;
  /** In place of `navigator.locks`. */
  readonly lock?: Locks;
  readonly fetch?: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  readonly clock?: {
    /** Milliseconds since 1970. */
    now(): number;
  };
  /** How long a request waits for a refresh, in milliseconds: 30,000. */
  readonly patienceMs?: number;
}

export interface Settings {
  readonly issuer: string;
  readonly isBearer: boolean;
  readonly origins: ReadonlySet<string>;
  readonly storage: TokenStorage;
  readonly locks: Locks;
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly patienceMs: number;
  /** False for a server that has no refresh cookie to refresh with. */
  readonly canRefresh: () => boolean;
  /** False on a server, where a client lives as long as one request. */
  readonly hasTabs: boolean;
}

/** What `@watchword/client/server` needs to be otherwise. */
export interface OnServer {
  readonly canRefresh: () => boolean;
}

/** @throws TypeError where the issuer or an API is not an origin, or the transport is unknown */
export function settingsOf(options: ClientOptions, onServer?: OnServer): Settings {
  const { transport, apis = [], clock = Date, storage = memoryStorage(), lock } = options;
  if (transport !== 'cookie' && transport !== 'bearer') throw new TypeError('transport is "cookie" or "bearer"');
  const issuer = originOf(options.issuer);
  const isBearer = transport === 'bearer';
  return {
    issuer,
    isBearer,
    origins: new Set([issuer, ...apis.map(originOf)]),
    storage,
    locks: lock ?? (onServer ? undefined : platform.navigator?.locks) ?? ownLocks(),
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    now: () => clock.now(),
    patienceMs: options.patienceMs ?? 30_000,
    canRefresh: onServer?.canRefresh ?? (() => true),
    hasTabs: !isBearer && !onServer,
  };
}
