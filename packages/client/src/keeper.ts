// Keeps one session: what is held, what is stored, and what other tabs and processes are told and have done.
import { type Held, heldOf, tokenAnswer } from './answers.js';
import { locked } from './locks.js';
import type { Settings } from './settings.js';
import type { State } from './state.js';
import type { Stored } from './storage.js';
import type { Message, Tabs } from './tabs.js';

/** How long anybody waits for a lock, in milliseconds. */
const LOCK_WAIT_MS = 10_000;

export class Keeper {
  /** Of an earlier sign-in over the bearer transport. */
  deviceToken: string | undefined;
  private loading: Promise<void> | undefined;
  tabs: Tabs | undefined;

  constructor(
    readonly settings: Settings,
    readonly state: State,
  ) {}

  /**
   * `exclusive` for whatever puts another session into the browser, `shared` for a refresh: the two never overlap, else
   * the late answer of a refresh would put the old session's cookies over the new ones.
   */
  guard<T>(mode: 'exclusive' | 'shared', run: () => Promise<T>): Promise<T> {
    const { isBearer, storage, locks, issuer } = this.settings;
    if (isBearer) return storage.withLock(run);
    return locked(locks, `watchword:${issuer}`, { mode, waitMs: LOCK_WAIT_MS }, run);
  }

  /** Reads the storage once. What other processes do later is read by each refresh. */
  loaded(): Promise<unknown> {
    this.loading ??= this.sync().then(() => undefined);
    this.loading.catch(() => (this.loading = undefined));
    return this.loading;
  }

  /** Takes what another process has stored, if that is newer. @returns what is stored */
  async sync(): Promise<Held | undefined> {
    if (!this.settings.isBearer) return undefined;
    const { tokens, deviceToken } = (await this.settings.storage.load()) ?? {};
    this.deviceToken = deviceToken ?? this.deviceToken;
    const { state } = this;
    if (state.held === undefined) state.held = tokens ?? null;
    else if (tokens && tokens.refreshToken !== state.held?.refreshToken && !state.isOlder(tokens)) state.take(tokens);
    return tokens;
  }

  /** Stores what an answer says, then holds it. */
  async keep(held: Held, deviceToken?: string): Promise<void> {
    if (deviceToken) this.deviceToken = deviceToken;
    await this.save(held);
    this.state.take(held);
    this.tabs?.tell({ type: 'held', held });
  }

  private async save(tokens?: Held): Promise<void> {
    const { isBearer, storage } = this.settings;
    const { deviceToken } = this;
    const stored: Stored = { ...(tokens ? { tokens } : {}), ...(deviceToken ? { deviceToken } : {}) };
    if (isBearer) await storage.save(stored);
  }

  /**
   * Holds the session of a token answer.
   * @returns `none` where it is no token answer, `late` where a newer one was seen before
   */
  async adopt(response: Response): Promise<'held' | 'late' | 'none'> {
    const answer = response.ok ? await tokenAnswer(response) : undefined;
    if (!answer) return 'none';
    const held = heldOf(answer, this.settings.now(), this.state.held);
    if (this.state.isLate(held)) return 'late';
    await this.keep(held, answer.deviceToken);
    return 'held';
  }

  /** The session is over: the code is the service's, or missing where somebody signed out. */
  async end(code?: string): Promise<void> {
    const id = this.state.session?.id;
    if (!this.state.end(code) || id === undefined) return;
    this.tabs?.tell({ type: 'ended', id, code });
    await this.save();
  }

  /** An answer said that the session is over with which a request was sent. A newer one goes on. */
  async endOf(sent: Held | null | undefined, code?: string): Promise<void> {
    await this.sync();
    if (this.state.session?.id === sent?.session.id) await this.end(code);
  }

  /** @returns whether another tab received an older cookie than the one that this tab knows of */
  hear(message: Message): boolean {
    const { state } = this;
    if (message.type === 'ended') {
      if (message.id === state.session?.id) state.end(message.code);
      return false;
    }
    const { held } = message;
    if (state.isOlder(held)) return held.session.id === state.session?.id;
    state.take(held);
    return false;
  }
}
