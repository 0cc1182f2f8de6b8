// Sign-in at a provider: for pages, whose cookies the browser keeps, and for apps that keep their own tokens.
import { read, type User } from './answers.js';
import type { Client } from './client.js';
import { type Crypto, newProof } from './pkce.js';
import { post } from './post.js';
import type { SecureStore } from './react-native.js';
import type { TokenStorage } from './storage.js';
import { originOf } from './trust.js';
import { isPassing, Refused } from './verdicts.js';

/** As for a sign-in by password. */
const ACT_MS = 30_000;
const KEY = 'watchword.upstream';

export interface UpstreamWishes {
  /** Where the browser goes then. Over cookies: an address of the issuer or of an origin in ALLOWED_ORIGINS. */
  readonly returnTo?: string;
  /** Stay signed in for longer, and after the browser was closed. */
  readonly remember?: boolean;
  /** The provider is to ask who they are, though it may know: a fresh proof, such as before a grave act. */
  readonly fresh?: boolean;
}

export interface AppWishes extends UpstreamWishes {
  /** One of UPSTREAM_APP_CALLBACKS, byte for byte: an address that opens the app. */
  readonly returnTo: string;
}

export interface UpstreamOptions {
  readonly auth: Client;
  readonly issuer: string;
  /** That of `auth`: the token of a known device is sent along. */
  readonly storage: TokenStorage;
  /**
   * Keeps what the way back needs: the app may have been ended meanwhile. It is a secret as the tokens are. In memory
   * where it is missing, for a process that waits.
   */
  readonly store?: SecureStore;
  /** In place of the global `crypto`, which React Native has not got. */
  readonly crypto?: Crypto;
  readonly fetch?: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
}

export interface Upstream {
  /**
   * Begins to sign in. A way that was begun before ends here.
   * @param id of the provider, as `GET /auth/upstream` lists it
   * @returns the address to open in the system's browser, never in a web view of the app
   */
  begin(id: string, wishes: AppWishes): Promise<string>;
  /**
   * Begins to connect the provider with the account of whoever is signed in. @returns as `begin`
   * @throws Refused such as `reauthentication_required`
   */
  connect(id: string, wishes: AppWishes): Promise<string>;
  /**
   * Ends the way. A second call with the same address has the result of the first.
   * @param address that the app was opened with
   * @returns the person, who is signed in now
   * @throws Refused with the `code` of what went wrong: `upstream_request_invalid` where the address belongs to no way
   * that was begun here, `upstream_declined`, `link_required`; `second_factor_required`, and `auth.continue` goes on. An
   * error of the network as `fetch` throws it: the call can be made again
   */
  complete(address: string): Promise<User>;
}

/** What is kept until the app is opened again. */
interface Begun {
  readonly state: string;
  readonly verifier: string;
  readonly connects?: boolean;
}

/**
 * Over cookies: where the link or the button of a page leads.
 * @throws TypeError where the issuer is no origin
 */
export const upstreamAddress = (issuer: string, id: string, wishes: UpstreamWishes = {}): string =>
  address(originOf(issuer), id, { return_to: wishes.returnTo, ...flagsOf(wishes) });

/** Over the bearer transport. @throws TypeError where the issuer is no origin */
export function newUpstream(options: UpstreamOptions): Upstream {
  const { auth, storage, store = memory() } = options;
  const issuer = originOf(options.issuer);
  const { fetch = (input, init) => globalThis.fetch(input, init) } = options;
  let last: { readonly address: string; readonly done: Promise<User> } | undefined;

  async function prove(connects: boolean) {
    const { state, verifier, challenge } = await newProof(options.crypto);
    const begun: Begun = { state, verifier, connects };
    return { state, challenge, keep: async () => store.setItem(KEY, JSON.stringify(begun)) };
  }

  async function finish(opened: string): Promise<User> {
    const query = new URL(opened).searchParams;
    const begun = begunIn(await store.getItem(KEY));
    // Another way's answer, or one that somebody else has made up: the one that was begun here goes on.
    if (!begun || query.get('state') !== begun.state) throw refusal('upstream_request_invalid');
    const code = query.get('code');
    if (!code) {
      await store.deleteItem(KEY);
      throw refusal(query.get('error') ?? 'upstream_request_invalid');
    }
    return exchanged(begun, code);
  }

  async function exchanged({ verifier, connects }: Begun, code: string): Promise<User> {
    const body = { code, codeVerifier: verifier };
    const { deviceToken } = (await storage.load()) ?? {};
    const { response, answer, problem } = connects
      ? await read(await auth.fetch(`${issuer}/auth/upstream/exchange`, json(body)))
      : await post({ fetch, issuer, isBearer: true }, '/auth/upstream/exchange', { ...body, deviceToken }, ACT_MS);
    if (!isPassing(problem)) await store.deleteItem(KEY); // decided: a code counts once
    if (connects && response.status === 204 && auth.user) return auth.user;
    // Anew: a body that was read and given up once cannot be read again.
    const user = answer && (await auth.adopt(new Response(JSON.stringify(answer))));
    if (user) return user;
    throw new Refused(problem);
  }

  return {
    async begin(id, wishes) {
      const { state, challenge, keep } = await prove(false);
      await keep();
      return address(issuer, id, {
        transport: 'bearer',
        return_to: wishes.returnTo,
        code_challenge: challenge,
        code_challenge_method: 'S256',
        state,
        ...flagsOf(wishes),
      });
    },

    async connect(id, { returnTo }) {
      const { state, challenge: codeChallenge, keep } = await prove(true);
      const response = await auth.fetch(pathOf(issuer, id, '/link'), json({ codeChallenge, returnTo, state }));
      if (!response.ok) throw new Refused((await read(response)).problem);
      await keep();
      return ((await response.json()) as { readonly location: string }).location;
    },

    complete(opened) {
      if (last?.address === opened) return last.done;
      const mine = { address: opened, done: finish(opened) };
      last = mine;
      mine.done.catch(() => {
        if (last === mine) last = undefined;
      });
      return mine.done;
    },
  };
}

const pathOf = (issuer: string, id: string, more = ''): string =>
  `${issuer}/auth/upstream/${encodeURIComponent(id)}${more}`;

const flagsOf = ({ remember, fresh }: UpstreamWishes) => ({
  remember: remember === true ? 'true' : undefined,
  fresh: fresh === true ? 'true' : undefined,
});

function address(issuer: string, id: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return pathOf(issuer, id, given.length > 0 ? `?${given.join('&')}` : '');
}

const json = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** No answer of the service: the status is 0. */
const refusal = (code: string): Refused => new Refused({ status: 0, code });

function begunIn(text: string | null | undefined): Begun | undefined {
  try {
    const { state, verifier, connects } = JSON.parse(text ?? '') as Partial<Begun>;
    if (typeof state !== 'string' || typeof verifier !== 'string') return undefined;
    return { state, verifier, connects: connects === true };
  } catch {
    return undefined;
  }
}

function memory(): SecureStore {
  let kept: string | null = null;
  return {
    getItem: () => kept,
    setItem: (_, value) => void (kept = value),
    deleteItem: () => void (kept = null),
  };
}
