// The claims of an access token (RFC 9068), and what its header says.

/** The `typ` of an access token's header (RFC 9068 §2.1). No other kind of token passes for one. */
export const ACCESS_TOKEN_TYP = 'at+jwt';

/** How far the clocks of two machines may be apart, in seconds. An access token is good for so long after its `exp`. */
export const CLOCK_LEEWAY_SECONDS = 30;

/** How strong a proof of identity was, the weakest first: one factor, two, and two of which one resists phishing. */
export const ACR_VALUES = ['urn:watchword:1fa', 'urn:watchword:2fa', 'phr'] as const;
export type Acr = (typeof ACR_VALUES)[number];

/** What every access token says. All times are seconds since 1970 (RFC 7519 §2, NumericDate). */
interface CommonClaims {
  /** The issuer: exactly its `JWT_ISSUER`. */
  readonly iss: string;
  /** For whom the token is good. */
  readonly aud: string | readonly string[];
  /** Signed at. */
  readonly iat: number;
  /** Expires at: at most 900 seconds after `iat`. */
  readonly exp: number;
  /** Names this token. */
  readonly jti: string;
}

/** The token of a person. */
export interface UserTokenClaims extends CommonClaims {
  /** The id of the user, a UUID that never changes. */
  readonly sub: string;
  /** The session. */
  readonly sid: string;
  /** The application that the person signed in with; `watchword` for Watchword's own sign-in. */
  readonly client_id: string;
  /** The address when the token was signed. */
  readonly email: string;
  /**
   * `user`, `admin` or another role of the installation, when the token was signed. A sibling must refuse a role that it
   * does not know.
   */
  readonly role: string;
  /** Counts the acts that end every token of the user. */
  readonly tokenVersion: number;
  /** When the person proved who they are. A refresh does not change it. */
  readonly auth_time: number;
  /** How they proved it (RFC 8176). */
  readonly amr: readonly string[];
  /** How strong the proof was (OpenID Connect Core §2): one of `ACR_VALUES`. Tokens of older releases have none. */
  readonly acr?: string;
  /**
   * The token is bound to the key with this thumbprint (RFC 7638), and counts only under the scheme DPoP with a proof of
   * that key (RFC 9449 §6.1).
   */
  readonly cnf?: { readonly jkt: string };
  readonly scope?: undefined;
}

/** The token of a service (RFC 6749 §4.4). It has no session, no person and no role. */
export interface ServiceTokenClaims extends CommonClaims {
  /** The same as `client_id` (RFC 9068 §2.2). */
  readonly sub: string;
  readonly client_id: string;
  /** What the service may do: words with a space between them (RFC 8693 §4.2); empty where it has no scope. */
  readonly scope: string;
  /** The number of the secret that the service got it with. A secret that ended takes its tokens with it. */
  readonly tokenVersion: number;
  readonly sid?: undefined;
  readonly email?: undefined;
  readonly role?: undefined;
  readonly auth_time?: undefined;
  readonly amr?: undefined;
  readonly acr?: undefined;
  readonly cnf?: undefined;
}

/** `claims.sid === undefined` tells a service from a person. */
export type AccessTokenClaims = UserTokenClaims | ServiceTokenClaims;
