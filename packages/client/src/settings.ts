// The options of a client, checked once and completed.
import { type Locks, ownLocks } from './locks.js';
import { platform } from './platform.js';
import type { TokenStorage } from './storage.js';
import { originOf } from './trust.js';

interface CommonOptions {
  /** Watchword's origin, such as `https://auth.example.com`. */
  readonly issuer: string;
  /** Other origins that get the access token: your APIs. Nobody else ever does. */
  readonly apis?: readonly string[];
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

/** For browsers: they keep the tokens, and no page ever sees one. */
export interface CookieOptions extends CommonOptions {
  readonly transport: 'cookie';
  readonly storage?: undefined;
}

/** For everything else. Where the tokens are kept is the app's decision: there is no default. */
export interface BearerOptions extends CommonOptions {
  readonly transport: 'bearer';
  readonly storage: TokenStorage;
}

export type ClientOptions = CookieOptions | BearerOptions;

export interface Settings {
  readonly issuer: string;
  readonly isBearer: boolean;
  readonly origins: ReadonlySet<string>;
  /** Over the bearer transport only. */
  readonly storage: TokenStorage;
  readonly locks: Locks;
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly patienceMs: number;
  /** False for a server that has no refresh cookie to refresh with. */
  readonly canRefresh: boolean;
  /** False on a server, where a client lives as long as one request. */
  readonly hasTabs: boolean;
}

/** @throws TypeError where the issuer or an API is not an origin */
export function settingsOf(options: ClientOptions): Settings {
  const { transport, apis = [], clock = Date, storage, lock, patienceMs = 30_000 } = options;
  const issuer = originOf(options.issuer);
  const isBearer = transport === 'bearer';
  return {
    issuer,
    isBearer,
    origins: new Set([issuer, ...apis.map(originOf)]),
    storage: storage as TokenStorage,
    locks: lock ?? platform.navigator?.locks ?? ownLocks(),
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    now: () => clock.now(),
    patienceMs,
    canRefresh: true,
    hasTabs: !isBearer,
  };
}
