// Sessions that are bound to a key of the device: a copied refresh token is worth nothing without it (RFC 9449).
import { read } from './answers.js';
import type { Randomness } from './base64url.js';
import { newDpopProof } from './dpop-proof.js';
import type { ProofKey, ProofKeys } from './proof-key.js';
import type { BearerOptions } from './settings.js';
import { addressOf, originOf, siteOf } from './trust.js';

export { indexedDbKeys } from './indexed-db-keys.js';
export { memoryKeys, type ProofKey, type ProofKeys, type PublicJwk } from './proof-key.js';

export interface BoundOptions extends BearerOptions {
  /** `indexedDbKeys()` in browsers and workers, your own where there is another keeper. */
  readonly keys: ProofKeys;
  /** true: where no key can be kept, people sign in without. Without it such a sign-in rejects with `Unbound`. */
  readonly mayBeUnbound?: boolean;
  /** In place of the global `crypto`, which React Native has not got. */
  readonly crypto?: Randomness;
}

/** The key cannot be kept or read here, so that nothing was begun or decided. `cause` says why. */
export class Unbound extends Error {
  override readonly name = 'Unbound';
}

/** Whatever may begin a session or go on with it; a sign-out needs no proof. */
const MAY_ISSUE_TOKENS = /^\/auth\/(?!logout)/;

/** A nonce is good for five minutes. An older one would only cost a request, also where the clock is right by now. */
const NONCE_MS = 240_000;

const own = globalThis as unknown as { readonly crypto: Randomness };

/**
 * @returns options for `createClient` and `newUpstream`, whose `fetch` proves the key to the issuer at each sign-in and
 * refresh. A session of before stays as it is until the next sign-in. If the key is gone, the next refresh ends the
 * session with the code `key_lost`
 * @throws TypeError where the issuer is no origin
 */
export function bound({ keys, mayBeUnbound, crypto = own.crypto, ...options }: BoundOptions): BearerOptions {
  const issuer = originOf(options.issuer);
  const { clock = Date, fetch = (input, init) => globalThis.fetch(input, init) } = options;
  let given: { readonly nonce: string; readonly at: number } | undefined;

  return {
    ...options,
    async fetch(input, init = {}) {
      const request = typeof input === 'object' && 'url' in input ? input : undefined;
      const url = addressOf(request?.url ?? (input as string | URL), issuer);
      const isPost = /^post$/i.test(init.method ?? request?.method ?? '');
      if (!isPost || siteOf(url) !== issuer || !MAY_ISSUE_TOKENS.test(url.pathname)) return fetch(input, init);
      const isRefresh = url.pathname === '/auth/refresh';

      async function proven(key: ProofKey): Promise<Response> {
        const now = clock.now();
        const nonce = given && Math.abs(now - given.at) < NONCE_MS ? given.nonce : undefined;
        const wishes = { method: 'POST', url: issuer + url.pathname, now, nonce, crypto };
        const headers = new Headers(init.headers ?? request?.headers);
        headers.set('dpop', await newDpopProof(key, wishes));
        const response = await fetch(request ? request.clone() : input, { ...init, headers });
        const next = response.headers.get('dpop-nonce');
        if (next) given = { nonce: next, at: clock.now() };
        return response;
      }

      let unbound: Unbound | undefined;
      const key = await keys[isRefresh ? 'load' : 'make'](issuer).catch((cause: unknown) => {
        unbound = new Unbound('No key can be kept here.', { cause });
      });
      if (key) {
        const response = await proven(key);
        const isText = typeof (init.body ?? '') === 'string'; // a stream is read once
        return isText && (await wantsNonce(response)) ? proven(key) : response;
      }
      if (unbound && !isRefresh && !mayBeUnbound) throw unbound;
      const response = await fetch(input, init);
      if (!isRefresh || (await codeOf(response)) !== 'dpop_proof_invalid') return response;
      if (unbound) throw unbound; // the key may be there the next time
      return keyLost();
    },
  };
}

const codeOf = async (response: Response): Promise<string | undefined> => (await read(response, false)).problem.code;

/** Never after another refusal, whatever header it has: a wrong password sent twice would be two guesses. */
const wantsNonce = async (response: Response): Promise<boolean> =>
  response.headers.has('dpop-nonce') && (await codeOf(response)) === 'dpop_nonce_required';

/** The service takes the session for alive, but nobody can refresh it any more. */
function keyLost(): Response {
  const problem = { code: 'key_lost', session: 'ended', detail: 'The key of this session is gone. Please sign in.' };
  return new Response(JSON.stringify(problem), {
    status: 401,
    headers: { 'content-type': 'application/problem+json' },
  });
}
