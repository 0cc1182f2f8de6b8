// Verifies what the feed answers: the document, and the small token that says it is still complete.
import { decodeProtectedHeader, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { CLOCK_LEEWAY_SECONDS } from '../../contract/src/claims.js';
import { AS_OF_TYP, FEED_HASH, FEED_TYP } from '../../contract/src/revocations.js';
import { RevocationSet } from './revocation-set.js';

export interface FeedDocument {
  readonly set: RevocationSet;
  /** The set was read at this time, in seconds since 1970. */
  readonly iat: number;
  /** The entity tag, under the signature: the header's could be anybody's. */
  readonly etag: string;
}

export interface FeedTrust {
  readonly keys: JWTVerifyGetKey;
  readonly issuer: string;
  /** Is this URL the feed's? */
  readonly isFeed: (sub: string) => boolean;
  /** The keys that are known to be revoked cannot sign what follows. */
  readonly revokesKey: (kid: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** @throws Error for what is not a document of this feed */
export async function readDocument(text: string, trust: FeedTrust): Promise<FeedDocument> {
  const { claims, iat, kid } = await readSigned(text, FEED_TYP, trust, ['exp']);
  const { hash, sids, jtis, subs, kids, etag } = claims;
  if (hash !== FEED_HASH) throw new Error('the feed hashes in a way that this version does not know');
  if (typeof etag !== 'string') throw new Error('the feed has no entity tag under its signature');
  if (!areTexts(sids) || !areTexts(jtis) || !areTexts(kids) || !areFloors(subs))
    throw new Error('the feed has no list, or one of another type');
  const set = RevocationSet.of({ sids, jtis, subs, kids });
  if (set.revokesKey(kid)) throw new Error('the feed is signed by a key that it calls revoked');
  return { set, iat, etag };
}

/**
 * @returns as of when the document with this entity tag is complete, in seconds since 1970
 * @throws Error for what does not say so
 */
export async function readAsOf(text: string, etag: string, trust: FeedTrust): Promise<number> {
  const { claims, iat } = await readSigned(text, AS_OF_TYP, trust, []);
  if (claims['etag'] !== etag) throw new Error('the answer is about another document than ours');
  return iat;
}

async function readSigned(text: string, typ: string, trust: FeedTrust, required: string[]) {
  const header = decodeProtectedHeader(text);
  // jose takes several spellings of a type; ours has one. `crit` would name what we do not know (RFC 8725 §3.10).
  if (header.typ !== typ || header.crit !== undefined) throw new Error(`this is no ${typ}`);
  if (header.kid === undefined || trust.revokesKey(header.kid)) throw new Error('signed by a key that is not trusted');
  const { payload } = await jwtVerify(text, trust.keys, {
    algorithms: ['RS256'],
    issuer: trust.issuer,
    requiredClaims: ['iat', 'sub', ...required],
    clockTolerance: CLOCK_LEEWAY_SECONDS,
    currentDate: new Date(trust.now()),
  });
  const { iat, sub } = payload;
  if (sub === undefined || !trust.isFeed(sub)) throw new Error(`this is the feed ${sub}, not ours`);
  // A time far ahead would make every later document look old.
  if (iat === undefined || iat > trust.now() / 1_000 + 2 * CLOCK_LEEWAY_SECONDS)
    throw new Error('its time is too far ahead');
  const claims: Record<string, unknown> = payload;
  return { claims, iat, kid: header.kid };
}

const areTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');

const areFloors = (value: unknown): value is Record<string, number> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((floor) => Number.isSafeInteger(floor));
