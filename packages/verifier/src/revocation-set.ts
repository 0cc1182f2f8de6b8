// Holds what one document of the feed calls revoked.
import { createHash } from 'node:crypto';
import { EVERYBODY, type RevocationsClaims } from '../../contract/src/revocations.js';

/** RFC 6920 §9.4, `sha-256-128`. */
export function feedHash(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

/** As much of a token's claims as decides. */
interface Judged {
  readonly sub: string;
  readonly iat: number;
  readonly jti: string;
  readonly sid?: string | undefined;
  readonly tokenVersion: number;
}

export type RevocationVerdict = 'live' | 'session_revoked' | 'token_revoked' | 'version_stale';

export class RevocationSet {
  private constructor(
    private readonly sids: ReadonlySet<string>,
    private readonly jtis: ReadonlySet<string>,
    private readonly subs: ReadonlyMap<string, number>,
    private readonly kids: ReadonlySet<string>,
  ) {}

  static readonly empty = new RevocationSet(new Set(), new Set(), new Map(), new Set());

  static of({ sids, jtis, subs, kids }: Pick<RevocationsClaims, 'sids' | 'jtis' | 'subs' | 'kids'>): RevocationSet {
    return new RevocationSet(new Set(sids), new Set(jtis), new Map(Object.entries(subs)), new Set(kids));
  }

  /**
   * All that either set names. Two instances of the issuer may read within one second and see different sets, and
   * their documents have the same time: what one of them names stays revoked.
   */
  with(other: RevocationSet): RevocationSet {
    const subs = new Map(this.subs);
    for (const [sub, floor] of other.subs) subs.set(sub, Math.max(floor, subs.get(sub) ?? floor));
    const [sids, jtis] = [new Set([...this.sids, ...other.sids]), new Set([...this.jtis, ...other.jtis])];
    return new RevocationSet(sids, jtis, subs, new Set([...this.kids, ...other.kids]));
  }

  /**
   * A revoked key never comes back. The issuer names it for as long as a copy of the key set may be old, but ours may be
   * older: it stays in use while no other can be had.
   */
  withKeysOf({ kids }: RevocationSet): RevocationSet {
    return new RevocationSet(this.sids, this.jtis, this.subs, new Set([...this.kids, ...kids]));
  }

  /** The number of entries. */
  get size(): number {
    return this.sids.size + this.jtis.size + this.subs.size + this.kids.size;
  }

  revokesKey(kid: string): boolean {
    return this.kids.has(kid);
  }

  hasKeysBeyond(other: RevocationSet): boolean {
    return [...this.kids].some((kid) => !other.kids.has(kid));
  }

  verdictOf({ sub, iat, jti, sid, tokenVersion }: Judged): RevocationVerdict {
    if (sid !== undefined && this.sids.size > 0 && this.sids.has(feedHash(sid))) return 'session_revoked';
    if (this.jtis.size > 0 && this.jtis.has(feedHash(jti))) return 'token_revoked';
    if (this.subs.size === 0) return 'live';
    // Services have no session: the end of everybody's sessions does not end them.
    const isOfEverybody = sid !== undefined && iat < (this.subs.get(EVERYBODY) ?? 0);
    return isOfEverybody || tokenVersion < (this.subs.get(feedHash(sub)) ?? 0) ? 'version_stale' : 'live';
  }
}
