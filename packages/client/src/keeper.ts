// Keeps one session: what is held, what is stored, and what other tabs and processes are told and have done.
import { type Held, heldOf, type TokenAnswer, type User } from './answers.js';
import { locked, type Mode } from './locks.js';
import type { Settings } from './settings.js';
import type { MaybeHeld, State } from './state.js';
import { type Message, openTabs } from './tabs.js';

/** How long anybody waits for a lock, in milliseconds. */
const LOCK_WAIT_MS = 10_000;

export type Keeper = ReturnType<typeof newKeeper>;

/** @param onLateCookie the browser may have received an older cookie than the one that this tab knows of */
export function newKeeper(settings: Settings, state: State, onLateCookie: () => void) {
  const { isBearer, storage, locks, issuer, now } = settings;
  const tabs = settings.hasTabs ? openTabs(issuer, hear) : undefined;
  let loading: Promise<unknown> | undefined;
  let deviceToken: string | undefined;

  function hear(message: Message): void {
    const { held } = message;
    if (!held) {
      if (message.id === state.id()) state.end(message.code);
    } else if (!state.isOlder(held)) state.take(held);
    else if (held.session.id === state.id()) onLateCookie();
  }

  /** Takes what another process has stored, if that is newer. @returns what is stored */
  async function sync(): Promise<Held | undefined> {
    if (!isBearer) return undefined;
    const stored = await storage.load();
    const tokens = stored?.tokens;
    deviceToken = stored?.deviceToken ?? deviceToken;
    if (state.held === undefined) state.held = tokens ?? null;
    else if (tokens && tokens.refreshToken !== state.held?.refreshToken && !state.isOlder(tokens)) state.take(tokens);
    return tokens;
  }

  /** Stored before it is held, and held before it is handed to anybody. */
  async function keep(held: Held): Promise<void> {
    if (isBearer) await storage.save({ tokens: held, deviceToken });
    state.take(held);
    tabs?.tell({ held });
  }

  /** The session is over: the code is the service's, or missing where somebody signed out. */
  async function end(code?: string): Promise<void> {
    const id = state.end(code);
    if (!id) return;
    tabs?.tell({ id, code });
    if (isBearer) await storage.save({ deviceToken });
  }

  return {
    sync,
    keep,
    end,
    close: () => tabs?.close(),

    /** A device that is known by an earlier sign-in. It proves nothing by itself. */
    device: () => ({ deviceToken }),

    /**
     * `exclusive` for whatever puts another session into the browser, `shared` for a refresh: the two never overlap, else
     * the late answer of a refresh would put the old session's cookies over the new ones.
     */
    guard: <T>(mode: Mode, run: () => Promise<T>): Promise<T> =>
      isBearer ? storage.withLock(run) : locked(locks, `watchword:${issuer}`, mode, LOCK_WAIT_MS, run),

    /** Reads the storage once. What other processes do later is read by each refresh. */
    loaded(): Promise<unknown> {
      loading ??= sync();
      loading.catch(() => (loading = undefined));
      return loading;
    },

    /**
     * Holds the session of a token answer.
     * @returns the person
     */
    async adopt(answer: TokenAnswer): Promise<User> {
      const held = heldOf(answer, now(), state.held);
      deviceToken = answer.deviceToken ?? deviceToken;
      if (state.isLate(held)) onLateCookie();
      else await keep(held);
      return held.user;
    },

    /** An answer said that the session is over with which a request was sent. A newer one goes on. */
    async endOf(sent: MaybeHeld, code?: string): Promise<void> {
      await sync();
      if (state.id() === sent?.session.id) await end(code);
    },
  };
}
