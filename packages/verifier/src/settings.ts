// Checks the options of a verifier once, when it is made.

/** What a route does when the feed is too old to tell whether a token is revoked. */
export type StalePolicy = 'refuse' | 'accept';

/** What {@link createVerifier} needs to know. */
export interface VerifierOptions {
  /**
   * The issuer as its tokens name it: exactly its `JWT_ISSUER`, an https URL; http only for this machine, such as
   * `http://localhost:3000`.
   */
  readonly issuer: string;
  /** The name of your service in `aud`. With several names, a token for one of them is good. */
  readonly audience: string | readonly string[];
  /**
   * How old the knowledge about revocations may be, in seconds, from 10 to 300.
   * @defaultValue 15
   */
  readonly maxFeedAge?: number;
  /**
   * What happens when it is older: `refuse` answers 503 (the session is kept), `accept` trusts the token and the last
   * known revocations until it expires. Each route may choose otherwise.
   * @defaultValue 'refuse'
   */
  readonly onStale?: StalePolicy;
  /** Where the key set is fetched instead of where the issuer's metadata says, such as an address of a private network. */
  readonly jwksUri?: string;
  /** Where the feed is fetched instead of where the issuer's metadata says. */
  readonly revocationsUri?: string;
  /**
   * Where callers reach your service, such as `https://orders.example.com`: with the path of a request it is what the proof
   * for a token names that is bound to a key (RFC 9449 §4.3). Without it such tokens are refused.
   */
  readonly publicUrl?: string;
  /** Replaces the global `fetch`, for a proxy or a client certificate. It must not follow redirects on its own. */
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds since 1970, for tests. It replaces the wall clock and the clock that measures the feed's age. */
  readonly clock?: () => number;
}

export interface Settings {
  readonly issuer: string;
  readonly audience: string[];
  readonly maxFeedAge: number;
  readonly onStale: StalePolicy;
  readonly jwksUri: string | undefined;
  readonly revocationsUri: string | undefined;
  /** Without a slash at its end. */
  readonly publicUrl: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since some moment. It never goes back, unlike the wall clock, which somebody may set. */
  readonly elapsed: () => number;
}

/** @throws TypeError, RangeError for a mistake, so that a sibling does not start with it */
export function settingsOf(options: VerifierOptions): Settings {
  const { issuer, audience, maxFeedAge = 15, onStale = 'refuse', jwksUri, revocationsUri, clock } = options;
  const { publicUrl } = options;
  if (!isIssuer(issuer))
    throw new TypeError('issuer must be an https URL without query and fragment; http only for this machine');
  const audiences = typeof audience === 'string' ? [audience] : [...(audience ?? [])];
  if (audiences.length === 0 || audiences.some((name) => typeof name !== 'string' || name === ''))
    throw new TypeError('audience must name your service as the tokens do');
  if (!(maxFeedAge >= 10 && maxFeedAge <= 300)) throw new RangeError('maxFeedAge must be from 10 to 300 seconds');
  if (onStale !== 'refuse' && onStale !== 'accept') throw new TypeError("onStale must be 'refuse' or 'accept'");
  for (const [name, url] of Object.entries({ jwksUri, revocationsUri }))
    if (url !== undefined && !isHttp(url)) throw new TypeError(`${name} must be an http or https URL`);
  if (publicUrl !== undefined && !(isHttp(publicUrl) && /^[^?#@]+$/.test(publicUrl)))
    throw new TypeError('publicUrl must be an http or https URL without query and fragment');
  return {
    issuer,
    audience: audiences,
    maxFeedAge,
    onStale,
    jwksUri,
    revocationsUri,
    publicUrl: publicUrl?.replace(/\/+$/, ''),
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    now: clock ?? (() => Date.now()),
    elapsed: clock ?? (() => performance.now()),
  };
}

const isHttp = (text: string) => URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);

/** RFC 8414 §2. On plain http anybody on the way could exchange the keys, so it must not leave the machine. */
function isIssuer(text: unknown): boolean {
  if (typeof text !== 'string' || !isHttp(text)) return false;
  const { protocol, hostname, search, hash, username } = new URL(text);
  const isLoopback = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return (protocol === 'https:' || isLoopback) && search === '' && hash === '' && username === '';
}
