// Signs what followers of the feed receive: the document, and the small token that says it is still complete.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import {
  AS_OF_TYP,
  FEED_HASH,
  FEED_TYP,
  type RevocationsAsOfClaims,
  type RevocationsClaims,
} from '../../packages/contract/src/revocations.js';
import { Config } from '../config/config.js';
import { KeyRing } from '../keys/key-ring.js';
import { FeedMetrics } from './feed-metrics.js';
import type { RevokedSet } from './revoked-set.js';

/** A follower that sees nothing younger for so long must not trust it. */
export const LIFE_SECONDS = 60;
/** What a follower that does not wait should leave between two requests. */
const TTL_SECONDS = 2;

const pressed = promisify(gzip);

export class FeedDocument {
  /** Bytes and not a string: Node writes the same ones to each follower, and copies them for none. */
  readonly body: Buffer;
  private gzipped: Promise<Buffer> | undefined;

  constructor(
    text: string,
    readonly etag: string,
    readonly readAt: Date,
  ) {
    this.body = Buffer.from(text);
  }

  /** Made once, for all who ask for it. Nothing in it is both secret and chosen by an attacker. */
  get compressed(): Promise<Buffer> {
    this.gzipped ??= pressed(this.body);
    return this.gzipped;
  }
}

@Injectable()
export class FeedDocuments {
  readonly url: string;

  constructor(
    private readonly keyRing: KeyRing,
    private readonly config: Config,
    private readonly metrics: FeedMetrics,
  ) {
    this.url = `${config.publicUrl}/.well-known/revocations`;
  }

  /** @throws Refusal `unavailable` */
  async whole(set: RevokedSet): Promise<FeedDocument> {
    const { sids, jtis, subs, kids, etag, readAt } = set;
    const times = { iat: secondsOf(readAt), exp: secondsOf(readAt) + LIFE_SECONDS, ttl: TTL_SECONDS };
    const claims = {
      ...this.ours,
      ...times,
      hash: FEED_HASH,
      etag,
      sids,
      jtis,
      subs,
      kids,
    } satisfies RevocationsClaims;
    this.metrics.countSignature('document');
    return new FeedDocument(await this.sign({ ...claims }, FEED_TYP, set), etag, readAt);
  }

  /** @throws Refusal `unavailable` */
  asOf(set: RevokedSet): Promise<string> {
    const claims = { ...this.ours, iat: secondsOf(set.readAt), etag: set.etag } satisfies RevocationsAsOfClaims;
    this.metrics.countSignature('as_of');
    return this.sign(claims, AS_OF_TYP, set);
  }

  private get ours() {
    return { iss: this.config.issuer, sub: this.url };
  }

  private async sign(claims: Record<string, unknown>, typ: string, set: RevokedSet): Promise<string> {
    const { kid, privateKey } = await this.signerFor(set);
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ, kid }).sign(privateKey);
  }

  /** The set may know of a revoked key before the key ring does: followers refuse what that key signs. */
  private async signerFor({ readAt, kids }: RevokedSet) {
    const signer = await this.keyRing.signer(readAt);
    if (!kids.includes(signer.kid)) return signer;
    await this.keyRing.reload();
    return this.keyRing.signer();
  }
}

/** With milliseconds (RFC 7519 §2 allows them), so that of two documents of one second the newer one can be told. */
const secondsOf = (time: Date) => time.getTime() / 1_000;
