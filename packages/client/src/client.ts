// The client that apps use: one per page, process or (on a server) request.
import { type Credentials, type Factor, newActs } from './acts.js';
import { read, type Session, type User } from './answers.js';
import { type Keeper, newKeeper } from './keeper.js';
import { onWake } from './platform.js';
import { newRefresh } from './refresh.js';
import { newFetch } from './requests.js';
import { type ClientOptions, type Settings, settingsOf } from './settings.js';
import { newState, type SessionEvent } from './state.js';

export interface Client {
  /** The person as the last answer described them; null when signed out, or before `restore()`. */
  readonly user: User | null;
  readonly session: Session | null;
  /** When the access token ends, on this machine's clock; null when signed out or not known. */
  readonly expiresAt: Date | null;
  /**
   * As `fetch`. Requests to the issuer and to `apis` carry the session, and are sent once more after a refresh where
   * the answer asks for one. A path alone is the page's own, or the issuer's where there is no page.
   * @throws Undecided (name `TimeoutError`) when a refresh takes longer than `patienceMs`: the session goes on
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * @throws Refused such as `invalid_credentials`; with `second_factor_required` nobody is signed in yet, and `continue`
   * goes on. An error of the network as `fetch` throws it
   */
  signIn(credentials: Credentials): Promise<User>;
  /**
   * The second step of a sign-in or of a renewed proof.
   * @param ticket of the refusal; over cookies there is none to give, the browser holds it
   * @throws as `signIn`: `token_invalid` where the ticket has run out, or was tried too often
   */
  continue(ticket: string | undefined, factor: Factor): Promise<User>;
  /**
   * Takes the token answer of another route that `fetch` did not send: `fetch` takes those of its own by itself.
   * @returns the person, or null where the response is no token answer
   */
  adopt(response: Response): Promise<User | null>;
  /**
   * At the start of a page or an app: asks who is signed in. Listeners hear `signed-in` of somebody found.
   * @returns null when nobody is
   * @throws Refused or an error of the network when that cannot be known now: nobody is signed out by it
   */
  restore(): Promise<User | null>;
  /** Refreshes now. Resolves when it is decided, whatever the decision. @throws Refused */
  refresh(): Promise<void>;
  /** @throws Refused or an error of the network when the session may go on */
  signOut(): Promise<void>;
  /** Ends every session of the person, on all devices. @throws as `signOut` */
  signOutEverywhere(): Promise<void>;
  /** @returns a function that ends the subscription */
  subscribe: (listener: (event: SessionEvent) => void) => () => void;
  /** Stops listening to tabs and waking up. The session goes on. */
  close(): void;
}

/** @throws TypeError for options that promise more than they keep, such as an issuer with a path */
export const createClient = (options: ClientOptions): Client => clientOf(settingsOf(options));

export function clientOf(settings: Settings): Client {
  const state = newState();
  const keeper: Keeper = newKeeper(settings, state, () => void refresh.need());
  const refresh = newRefresh(settings, state, keeper);
  const fetch = newFetch(settings, state, keeper, refresh);
  const stopWaking = onWake(() => {
    refresh.wake();
    if (state.held && state.held.refreshAt <= settings.now()) void refresh.need();
  });

  return {
    ...newActs(settings, state, keeper, fetch),
    get user() {
      return state.held?.user ?? null;
    },
    get session() {
      return state.held?.session ?? null;
    },
    get expiresAt() {
      const at = state.held?.expiresAt;
      return at ? new Date(at) : null;
    },
    fetch,
    async adopt(response) {
      const { answer } = await read(response);
      return answer ? keeper.guard('exclusive', () => keeper.adopt(answer)) : null;
    },
    async refresh() {
      await keeper.loaded();
      const refused = await refresh.need();
      if (refused) throw refused;
    },
    subscribe: state.subscribe,
    close() {
      stopWaking();
      refresh.close();
      keeper.close();
    },
  };
}
