// What a person does: sign in, come back, sign out.
import { type Read, read, type User } from './answers.js';
import type { Keeper } from './keeper.js';
import { post } from './post.js';
import type { Settings } from './settings.js';
import type { State } from './state.js';
import { Refused } from './verdicts.js';

/** A sign-in or a sign-out that has no answer after so long is given up. */
const ACT_MS = 30_000;

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Stay signed in for longer, and after the browser was closed. */
  readonly remember?: boolean;
}

interface Me extends User {
  readonly sessionId?: string;
  readonly authenticatedAt: string;
  readonly methods: readonly string[];
}

export function newActs(settings: Settings, state: State, keeper: Keeper, fetch: Settings['fetch']) {
  const { isBearer, issuer } = settings;
  const send = (path: string, body: object | false, method?: string) => post(settings, path, body, ACT_MS, method);

  /** @throws Refused unless the session is over; and where it is, but some instances may not know it yet (503) */
  async function finish({ response: { status }, problem }: Read): Promise<void> {
    // Any other 2xx is a page of somebody in between.
    const isOver = status === 204 || problem.session === 'ended';
    if (isOver) await keeper.end();
    if (!isOver || status >= 500) throw new Refused(status, problem);
  }

  return {
    async signIn({ email, password, remember }: Credentials): Promise<User> {
      await keeper.loaded();
      return keeper.guard('exclusive', async () => {
        const ofBearer = isBearer && {
          transport: 'bearer',
          ...keeper.device(),
        };
        const body = { email, password, remember, ...ofBearer };
        const { response, answer, problem } = await send('/auth/login', body);
        if (answer) return keeper.adopt(answer);
        throw new Refused(response.status, problem);
      });
    },

    async restore(): Promise<User | null> {
      await keeper.loaded();
      if (isBearer && !state.held) return null;
      const { version } = state;
      const response = await fetch(`${issuer}/auth/me`);
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
      throw new Refused(response.status, problem);
    },

    /** By the refresh token, so that it works when the access token is long gone. */
    async signOut(): Promise<void> {
      await keeper.loaded();
      await keeper.guard('exclusive', async () => {
        await keeper.sync();
        const refreshToken = state.held?.refreshToken;
        if (!isBearer) return finish(await send('/auth/refresh', false, 'DELETE'));
        return refreshToken ? finish(await send('/auth/logout', { refreshToken })) : keeper.end();
      });
    },

    async signOutEverywhere(): Promise<void> {
      await finish(await read(await fetch(`${issuer}/auth/logout-all`, { method: 'POST' })));
    },
  };
}
