// Remembers tokens whose signature was verified, so that the next request skips that check. It holds no verdicts.
import type { KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { KeyRing } from '../keys/key-ring.js';
import type { AccessClaims } from './access-token.js';

const MAX_ENTRIES = 10_000;

/** The end of the signature finds a token. It proves nothing alone, so the whole text is compared, too. */
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

  /** @returns undefined unless exactly this text was verified with a key that is still trusted */
  claimsOf(token: string): AccessClaims | undefined {
    // As a key the whole text would cost twice what the rest of this function does: V8 hashes each of 1,000 characters.
    const handle = handleOf(token);
    const known = this.tokens.get(handle);
    if (known?.token !== token) return undefined;
    // A revoked or removed key invalidates the tokens that were verified with it.
    if (this.keyRing.keyInMemory(known.kid) === known.key) return known.claims;
    this.tokens.delete(handle);
    return undefined;
  }

  remember(token: string, kid: string, claims: AccessClaims): void {
    const key = this.keyRing.keyInMemory(kid);
    if (key) this.tokens.set(handleOf(token), { token, claims, kid, key });
  }
}
