// The revocation feed: one signed document that names all that is revoked and could still be alive.

/** The `typ` of the document's header. An access token has another one, so neither passes for the other. */
export const FEED_TYP = 'revocations+jwt';

/** The media type of the document. */
export const FEED_MEDIA_TYPE = `application/${FEED_TYP}`;

/** The `typ` of the small token that a 304 carries in the header `Revocations-As-Of`. */
export const AS_OF_TYP = 'revocations-as-of+jwt';

/** The header of a 304 that says as of when the document is still complete. */
export const AS_OF_HEADER = 'revocations-as-of';

/**
 * How an identifier is hashed (RFC 6920 §9.4, `sha-256-128`): the first 128 bits of the SHA-256 of its UTF-8 text, in
 * base64url without padding, which makes 22 characters.
 */
export const FEED_HASH = 'sha-256-128';

/** The member of `subs` that stands for every user. */
export const EVERYBODY = '*';

/** The payload of the document. All times are seconds since 1970; `iat` and `exp` have fractions. */
export interface RevocationsClaims {
  readonly iss: string;
  /** The URL of the document. */
  readonly sub: string;
  /** The set was read at this time. */
  readonly iat: number;
  readonly exp: number;
  /** How often to ask when the answer is not held, in seconds. */
  readonly ttl: number;
  readonly hash: typeof FEED_HASH;
  /** The entity tag of the document, as its header says it. Equal sets have equal tags. */
  readonly etag: string;
  /** Hashes of the sessions that ended. */
  readonly sids: readonly string[];
  /** Hashes of the tokens that ended. */
  readonly jtis: readonly string[];
  /**
   * By the hash of a `sub`: the lowest `tokenVersion` that is still good. The member `*` is a time:
   * every person's token with an older `iat` ended.
   */
  readonly subs: Readonly<Record<string, number>>;
  /** The keys that are revoked, not hashed. */
  readonly kids: readonly string[];
}

/** The payload of the token in `Revocations-As-Of`. */
export interface RevocationsAsOfClaims {
  readonly iss: string;
  /** The URL of the document. */
  readonly sub: string;
  /** The entity tag of the document that is still complete, with its quotes. */
  readonly etag: string;
  /** The set was read at this time. */
  readonly iat: number;
}
