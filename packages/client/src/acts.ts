// What a person does: sign in, come back, sign out.
import type { User } from './answers.js';
import type { Keeper } from './keeper.js';
import type { Requests } from './requests.js';
import { type Problem, problemOf, Refused } from './verdicts.js';
import { withDeadline } from './waiting.js';

/** A sign-in or a sign-out that has no answer after so long is given up. */
const ACT_MS = 30_000;

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Stay signed in for longer, and after the browser was closed. */
  readonly remember?: boolean;
}

interface Me extends User {
  readonly sessionId: string;
}

export class Acts {
  constructor(
    private readonly keeper: Keeper,
    private readonly requests: Requests,
  ) {}

  async signIn({ email, password, remember = false }: Credentials): Promise<User> {
    const { keeper, requests } = this;
    await keeper.loaded();
    return keeper.guard('exclusive', async () => {
      const { deviceToken, settings, state } = keeper;
      const transport = settings.isBearer ? 'bearer' : 'cookie';
      const known = settings.isBearer && deviceToken ? { deviceToken } : {};
      const response = await this.send('POST', '/auth/login', { email, password, remember, transport, ...known });
      if (response.ok && (await requests.adopt(response)) && state.user) return state.user;
      throw new Refused(response.status, await problemOf(response));
    });
  }

  async restore(): Promise<User | null> {
    const { keeper, requests } = this;
    const { settings, state } = keeper;
    await keeper.loaded();
    if (settings.isBearer && !state.held) return null;
    const response = await requests.fetch(`${settings.issuer}/auth/me`);
    if (response.ok) {
      const { id, email, role, emailVerified, sessionId } = (await response.json()) as Me;
      state.know({ id, email, role, emailVerified }, sessionId);
      return state.user;
    }
    const problem = await problemOf(response);
    if (problem.code === 'unauthenticated') await keeper.end();
    if (state.held === null) return null;
    throw new Refused(response.status, problem);
  }

  /** By the refresh token, so that it works when the access token is long gone. */
  async signOut(): Promise<void> {
    const { keeper } = this;
    await keeper.loaded();
    await keeper.guard('exclusive', async () => {
      const { isBearer } = keeper.settings;
      await keeper.sync();
      const refreshToken = keeper.state.held?.refreshToken;
      if (isBearer && !refreshToken) return keeper.end();
      const response = isBearer
        ? await this.send('POST', '/auth/logout', { refreshToken })
        : await this.send('DELETE', '/auth/refresh');
      return this.finish(response, await problemOf(response));
    });
  }

  async signOutEverywhere(): Promise<void> {
    const response = await this.requests.fetch(`${this.keeper.settings.issuer}/auth/logout-all`, { method: 'POST' });
    await this.finish(response, await problemOf(response));
  }

  /** @throws Refused unless the session is over; and where it is, but some instances may not know it yet (503) */
  private async finish({ ok, status }: Response, problem: Problem): Promise<void> {
    const isOver = ok || problem.session === 'ended';
    if (isOver) await this.keeper.end();
    if (!isOver || status >= 500) throw new Refused(status, problem);
  }

  private send(method: string, path: string, body?: object): Promise<Response> {
    const { settings } = this.keeper;
    const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const credentials = settings.isBearer ? 'omit' : 'include';
    return withDeadline(ACT_MS, (signal) =>
      settings.fetch(settings.issuer + path, { method, credentials, redirect: 'error', signal, ...json }),
    );
  }
}
