// A bounded memory of tokens whose signature was found intact, never of verdicts: it spares a request the signature check.
import type { KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { KeyRing } from '../keys/key-ring.js';
import type { AccessClaims } from './access-token.js';

const MAX_ENTRIES = 10_000;

/** The end of a signature: enough to find a token by. It alone proves nothing, so the whole text is compared. */
const handleOf = (token: string) => token.slice(-43);

interface Verified {
  readonly token: string;
  readonly claims: AccessClaims;
  readonly kid: string;
  readonly key: KeyObject;
}

export class VerifiedTokens {
  private readonly tokens = new LRUCache<string, Verified>({ max: MAX_ENTRIES });

  constructor(private readonly keyRing: Pick<KeyRing, 'keyInMemory'>) {}

  /** @returns undefined unless this very spelling was verified, with a key that is still trusted */
  claimsOf(token: string): AccessClaims | undefined {
    // By its whole text it would cost twice what all the rest of this does: V8 hashes each of a thousand characters.
    const handle = handleOf(token);
    const known = this.tokens.get(handle);
    if (known?.token !== token) return undefined;
    // A key that was revoked or removed takes with it what was verified with it.
    if (this.keyRing.keyInMemory(known.kid) === known.key) return known.claims;
    this.tokens.delete(handle);
    return undefined;
  }

  remember(token: string, kid: string, claims: AccessClaims): void {
    const key = this.keyRing.keyInMemory(kid);
    if (key) this.tokens.set(handleOf(token), { token, claims, kid, key });
  }
}
