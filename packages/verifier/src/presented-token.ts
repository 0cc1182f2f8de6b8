// Extracts the access token of a request, and refuses cookies that pages of other origins sent.
import { VerificationError } from './errors.js';

/** As much of a request as matters. Node's, Express's, Fastify's and Nest's requests fit. */
export interface IncomingRequest {
  readonly method?: string | undefined;
  /** Path and query. Read for a token that is bound to a key only. */
  readonly url?: string | undefined;
  /** The same before a router took a part off, where the framework keeps it. */
  readonly originalUrl?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Where the issuer shares its access cookie with its sibling subdomains (`COOKIE_DOMAIN`). */
export interface CookieOptions {
  /**
   * The name of the cookie; on plain http, in development, it is `access_token`.
   * @defaultValue '__Secure-access_token'
   */
  readonly name?: string;
  /** The origins whose pages may change something with the cookie, such as `https://app.example.com`. */
  readonly allowedOrigins: readonly string[];
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
const MAX_COPIES = 4;

/**
 * @param request its headers have names in lower case, as Node gives them
 * @param cookie given where the issuer shares its cookie
 * @returns the tokens that came: one, or none; several only if the cookie came several times, which a sibling
 * subdomain can cause
 * @throws {@link VerificationError} `ambiguous_token` when both the header and the cookie came (RFC 6750 §2),
 * `csrf_rejected`
 */
export function presentedTokens(request: IncomingRequest, cookie?: CookieOptions): readonly string[] {
  const bearer = givenIn(request)?.text;
  const copies = cookie ? cookieValues(headerOf(request, 'cookie'), cookie.name ?? '__Secure-access_token') : [];
  if (copies.length > 0) assertTrustedOrigin(request, cookie?.allowedOrigins ?? []);
  if (bearer !== undefined && copies.length > 0) throw new VerificationError('ambiguous_token');
  if (copies.length > MAX_COPIES) throw new VerificationError('ambiguous_token');
  return bearer === undefined ? copies : [bearer];
}

/** RFC 6750 §2.1, RFC 9449 §7.1; the scheme's name is compared without case (RFC 9110 §11.1). */
function givenIn(request: IncomingRequest): { readonly text: string; readonly isDpop: boolean } | undefined {
  const [, scheme = '', text] = /^(Bearer|DPoP) +(\S+) *$/i.exec(headerOf(request, 'authorization') ?? '') ?? [];
  return text === undefined ? undefined : { text, isDpop: scheme.toLowerCase() === 'dpop' };
}

/** @returns whether the token came under the scheme DPoP */
export const isUnderDpop = (request: IncomingRequest): boolean => givenIn(request)?.isDpop ?? false;

/**
 * The issuer's own rule. A request that changes something and carries the cookie must come from this service's origin
 * or a listed one. Same-site is not enough: a sibling subdomain is another origin. A caller that sends neither header
 * is not a browser. An upgrade opens a channel that may change something, so it counts.
 */
function assertTrustedOrigin(request: IncomingRequest, allowed: readonly string[]): void {
  const isUpgrade = headerOf(request, 'upgrade') !== undefined;
  if (safeMethods.has(request.method ?? '') && !isUpgrade) return;
  const [site, origin] = [headerOf(request, 'sec-fetch-site'), headerOf(request, 'origin')];
  const isKnown = origin !== undefined && allowed.includes(origin);
  const isTrusted =
    site === undefined ? origin === undefined || isKnown : site === 'same-origin' || site === 'none' || isKnown;
  if (!isTrusted) throw new VerificationError('csrf_rejected');
}

function cookieValues(header: string | undefined, name: string): string[] {
  if (!header?.includes(name)) return [];
  return header.split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== name) return [];
    const value = pair
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
    return value === '' ? [] : [value];
  });
}

/** @returns several headers of the name joined by commas, as Node joins most */
export function headerOf({ headers }: IncomingRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.join(', ');
}
