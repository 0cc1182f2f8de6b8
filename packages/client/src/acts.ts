// What a person does: sign in, come back, sign out.
import { type Read, read, type User } from './answers.js';
import type { Keeper } from './keeper.js';
import { post } from './post.js';
import type { Settings } from './settings.js';
import type { State } from './state.js';
import { Refused } from './verdicts.js';
import { waitedFor } from './waiting.js';

/** A question, a sign-in or a sign-out that has no answer after so long is given up. */
const ACT_MS = 30_000;

interface Wishes {
  /** Stay signed in for longer, and after the browser was closed. */
  readonly remember?: boolean;
}

export interface PasswordCredentials extends Wishes {
  readonly email: string;
  readonly password: string;
}

export interface PasskeyCredentials extends Wishes {
  /** What `navigator.credentials.get` came to, as `toJSON()` writes it. */
  readonly credential: object;
}

export type Credentials = PasswordCredentials | PasskeyCredentials;

/** What a person shows after the first proof: exactly one. */
export type Factor =
  | { readonly totp: string }
  | { readonly recoveryCode: string }
  /** As `credential` of a sign-in by passkey. */
  | { readonly passkey: object };

interface Me extends User {
  readonly sessionId?: string;
  readonly authenticatedAt: string;
  readonly methods: readonly string[];
}

export function newActs(settings: Settings, state: State, keeper: Keeper, fetch: Settings['fetch']) {
  const { isBearer, issuer } = settings;
  const send = (path: string, body: object | false, method?: string) => post(settings, path, body, ACT_MS, method);

  /** @throws Refused unless the session is over; and where it is, but some instances may not know it yet (503) */
  async function finish({ problem }: Pick<Read, 'problem'>): Promise<void> {
    // Any other 2xx is a page of somebody in between.
    const isOver = problem.status === 204 || problem.session === 'ended';
    if (isOver) await keeper.end();
    if (!isOver || problem.status >= 500) throw new Refused(problem);
  }

  /** Nothing else puts a session into the browser meanwhile. */
  async function alone<T>(run: () => Promise<T>): Promise<T> {
    await keeper.loaded();
    return keeper.guard('exclusive', run);
  }

  /** @throws Refused where the answer holds no session */
  const prove = (path: string, proof: object): Promise<User> =>
    alone(async () => {
      const { answer, problem } = await send(path, { ...proof, ...keeper.device() });
      if (answer) return keeper.adopt(answer);
      throw new Refused(problem);
    });

  return {
    signIn: (credentials: Credentials): Promise<User> =>
      prove('credential' in credentials ? '/auth/login/passkey' : '/auth/login', {
        ...credentials,
        transport: isBearer ? 'bearer' : undefined,
      }),

    continue: (ticket: string | undefined, factor: Factor): Promise<User> =>
      prove('/auth/factor', { ticket, ...factor }),

    async restore(): Promise<User | null> {
      await keeper.loaded();
      if (isBearer && !state.held) return null;
      const { version } = state;
      const response = await waitedFor(fetch(`${issuer}/auth/me`), ACT_MS);
      const { problem } = await read(response, false);
      // Nothing of it where somebody in between answers, such as the offline page of a service worker.
      const { sessionId, id, email, role, emailVerified } = (await response.json().catch(() => problem)) as Me;
      if (sessionId) {
        // An answer to an earlier question: who signed in or out meanwhile is known better.
        if (state.version === version || state.id() === sessionId)
          state.know({ id, email, role, emailVerified }, sessionId);
        return state.held?.user ?? null;
      }
      if (problem.code === 'unauthenticated') await keeper.end();
      if (state.held === null) return null;
      throw new Refused(problem);
    },

    /** By the refresh token, so that it works when the access token is long gone. */
    signOut: () =>
      alone(async () => {
        await keeper.sync();
        const refreshToken = state.held?.refreshToken;
        if (!isBearer) return finish(await send('/auth/refresh', false, 'DELETE'));
        return refreshToken ? finish(await send('/auth/logout', { refreshToken })) : keeper.end();
      }),

    async signOutEverywhere(): Promise<void> {
      await finish(await read(await fetch(`${issuer}/auth/logout-all`, { method: 'POST' })));
    },
  };
}
