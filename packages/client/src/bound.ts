// Sessions that are bound to a key of the device: a copied refresh token is worth nothing without it (RFC 9449).
import { read } from './answers.js';
import { isBoundToken, newDpopProof } from './dpop-proof.js';
import type { Crypto } from './pkce.js';
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
  readonly crypto?: Crypto;
}

/** The key cannot be kept or read here, so that nothing was begun or decided. `cause` says why. */
export class Unbound extends Error {
  override readonly name = 'Unbound';
}

/** Whatever may begin a session; or go on with it, or end it. */
const TAKES_PROOF = /^\/auth\/(?!logout-all)/;

/** A nonce is good for five minutes. An older one would only cost a request, also where the clock is right by now. */
const NONCE_MS = 240_000;

const own = globalThis as unknown as { readonly crypto: Crypto };

/**
 * @returns options for `createClient` and `newUpstream`, whose `fetch` proves the key to the issuer at each sign-in, refresh
 * and sign-out, and to whoever receives an access token that is bound to it. A session of before stays as it is until the
 * next sign-in. If the key is gone, the session ends with the code `key_lost` at the next request that needs it
 * @throws TypeError where the issuer is no origin
 */
export function bound({ keys, mayBeUnbound, crypto = own.crypto, ...options }: BoundOptions): BearerOptions {
  const issuer = originOf(options.issuer);
  const { clock = Date, fetch = (input, init) => globalThis.fetch(input, init) } = options;
  /** By origin (RFC 9449 §8.2): each has nonces of its own. */
  const nonces = new Map<string, { readonly nonce: string; readonly at: number }>();
  /** For requests with access tokens, of which there may be many. */
  let known: ProofKey | undefined;

  function nonceFor(site: string): string | undefined {
    const { nonce, at = 0 } = nonces.get(site) ?? {};
    return Math.abs(clock.now() - at) < NONCE_MS ? nonce : undefined;
  }

  return {
    ...options,
    async fetch(input, init = {}) {
      const request = typeof input === 'object' && 'url' in input ? input : undefined;
      const url = addressOf(request?.url ?? (input as string | URL), issuer);
      const site = siteOf(url);
      const method = (init.method ?? request?.method ?? 'GET').toUpperCase();
      const headers = new Headers(init.headers ?? request?.headers);
      const [, accessToken = ''] = /^Bearer (.+)/.exec(headers.get('authorization') ?? '') ?? [];
      const isBound = isBoundToken(accessToken);
      const takesProof = method === 'POST' && site === issuer && TAKES_PROOF.test(url.pathname);
      if (!takesProof && !isBound) return fetch(input, init);
      const isOfSession = takesProof && /^\/auth\/(refresh|logout)$/.test(url.pathname);

      async function proven(key: ProofKey): Promise<Response> {
        const wishes = { method, url: site + url.pathname, now: clock.now(), nonce: nonceFor(site), crypto };
        headers.set('dpop', await newDpopProof(key, isBound ? { ...wishes, accessToken } : wishes));
        if (isBound) headers.set('authorization', `DPoP ${accessToken}`);
        const response = await fetch(request ? request.clone() : input, { ...init, headers });
        const nonce = response.headers.get('dpop-nonce');
        if (nonce) nonces.set(site, { nonce, at: clock.now() });
        return response;
      }

      let unbound: Unbound | undefined;
      if (takesProof) known = undefined; // it may have been removed meanwhile
      known ??= await keys[takesProof && !isOfSession && !isBound ? 'make' : 'load'](issuer).catch((cause) => {
        unbound = new Unbound('No key can be kept here.', { cause });
        return undefined;
      });
      const key = known;
      if (key) {
        const response = await proven(key);
        const isText = typeof (init.body ?? '') === 'string'; // a stream is read once
        return isText && (await wantsNonce(response)) ? proven(key) : response;
      }
      if (isOfSession) return judged(await fetch(input, init), unbound);
      if (unbound && (isBound || !mayBeUnbound)) throw unbound;
      return isBound ? keyLost() : fetch(input, init);
    },
  };
}

const codeOf = async (response: Response): Promise<string | undefined> => (await read(response, false)).problem.code;

/** Never after another refusal, whatever header it has: a wrong password sent twice would be two guesses. */
const wantsNonce = async (response: Response): Promise<boolean> =>
  response.headers.has('dpop-nonce') && (await codeOf(response)) === 'dpop_nonce_required';

/** Of a refresh or sign-out without a proof: the session may be of before the app had keys. */
async function judged(response: Response, unbound: Unbound | undefined): Promise<Response> {
  if ((await codeOf(response)) !== 'dpop_proof_invalid') return response;
  if (unbound) throw unbound; // the key may be there the next time
  return keyLost();
}

/** The service takes the session for alive, but nobody can go on with it any more. */
function keyLost(): Response {
  const problem = { code: 'key_lost', session: 'ended', detail: 'The key of this session is gone. Please sign in.' };
  return new Response(JSON.stringify(problem), {
    status: 401,
    headers: { 'content-type': 'application/problem+json' },
  });
}
