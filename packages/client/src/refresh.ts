// Refreshes the session: one refresh at a time, repeated until it is decided.
import { type Held, heldOf, tokenAnswer } from './answers.js';
import type { Keeper } from './keeper.js';
import { locked } from './locks.js';
import { isPassing, problemOf, Refused, retryAfterOf, Undecided } from './verdicts.js';
import { withDeadline } from './waiting.js';

/** A lost answer is retried several times within REFRESH_GRACE_SECONDS (60). */
const TRY_MS = 10_000;
const [FIRST_DELAY_MS, MAX_DELAY_MS] = [500, 16_000];
/** A longer Retry-After is not believed. */
const MAX_RETRY_AFTER_MS = 300_000;
/** So long at least, and at most twice as long, a tab waits for another one that refreshes. Then it refreshes as well: the service replays. */
const OTHER_TAB_MS = 2_000;
/** A message of another tab may arrive a little after the lock that the tab gave back. */
const MESSAGE_MS = 50;

/** `again`: at once, as an older answer came late. A number: after so many milliseconds at least. */
type Outcome = 'done' | 'again' | number;

export class Refresh {
  private running: Promise<void> | undefined;
  private since = -1;
  private firstTry: Promise<unknown> | undefined;
  private unsaved: Held | undefined;
  private wakeUp: () => void = () => undefined;
  private isClosed = false;

  constructor(private readonly keeper: Keeper) {}

  /**
   * One refresh at a time: everybody who needs one waits for the same.
   * @param since the version of the state that needs it; whatever changed the state since then was the refresh
   * @throws Refused when the service refuses without ending the session, Undecided when the client is closed
   */
  async need(since = this.keeper.state.version): Promise<void> {
    const { state } = this.keeper;
    if (this.since !== since) await this.running?.catch(() => undefined);
    if (since !== state.version) return;
    if (!this.running) {
      this.since = since;
      this.running = this.decide(since).finally(() => (this.running = undefined));
    }
    await Promise.race([this.running, state.changed()]);
  }

  /** Resolves after the first try, however it ends: whoever has a good token still need not wait for more. */
  async attempt(since: number): Promise<void> {
    const needed = this.need(since).catch(() => undefined);
    await Promise.race([needed, this.firstTry]);
  }

  /** The network may be back, or the machine awake: tries again without waiting for a timer. */
  wake(): void {
    this.wakeUp();
  }

  close(): void {
    this.isClosed = true;
    this.wakeUp();
  }

  private async decide(since: number): Promise<void> {
    const { state } = this.keeper;
    const id = state.session?.id;
    let heals = false;
    // What others have refreshed since is no reason to leave an older cookie where it is.
    const isWanted = () => (heals ? state.session?.id === id : state.version === since);
    this.firstTry = undefined;
    for (let delay = FIRST_DELAY_MS; !this.isClosed && isWanted();) {
      const trying = this.inTurn(isWanted);
      this.firstTry ??= trying.catch(() => undefined);
      const outcome = await trying;
      if (outcome === 'done') return;
      if (outcome === 'again') {
        heals = true;
        continue;
      }
      await this.rest(Math.max(delay, outcome) * (1 + Math.random() / 2));
      delay = Math.min(delay * 2, MAX_DELAY_MS);
    }
    if (this.isClosed) throw new Undecided();
  }

  private rest(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        done();
      };
      void this.keeper.state.changed().then(this.wakeUp);
    });
  }

  /** One tab after the other, so that those who wait learn of it and need no refresh; but not for long. */
  private inTurn(isWanted: () => boolean): Promise<Outcome> {
    const { settings, state } = this.keeper;
    const run = () => this.keeper.guard('shared', async () => (isWanted() ? this.once() : 'done'));
    if (!settings.hasTabs) return run();
    const asked = Date.now();
    // Not all at once: one who overtakes tells the others, who need not any more.
    const wish = { mode: 'exclusive', waitMs: OTHER_TAB_MS * (1 + Math.random()) } as const;
    return locked(settings.locks, `watchword:${settings.issuer}:turn`, wish, async () => {
      if (Date.now() - asked > 4)
        await Promise.race([state.changed(), new Promise((done) => setTimeout(done, MESSAGE_MS))]);
      return run();
    });
  }

  private async once(): Promise<Outcome> {
    const { keeper } = this;
    const { settings, state } = keeper;
    const before = state.version;
    const stored = await keeper.sync();
    const { held } = state;
    const isDone = state.version !== before && held?.accessToken && held.refreshAt > settings.now();
    if (isDone || !settings.canRefresh() || (settings.isBearer && !held?.refreshToken)) return 'done';

    const next = this.unsaved ?? (await this.ask(held));
    if (typeof next !== 'object') return next;
    this.unsaved = next; // the old token may be worthless by the next try
    const now = stored && (await keeper.sync());
    // Otherwise another process has been faster, after a long wait for the lock.
    if (now?.refreshToken === stored?.refreshToken) await keeper.keep(next);
    this.unsaved = undefined;
    return 'done';
  }

  private async ask(held: Held | null | undefined): Promise<Held | Outcome> {
    const { settings, state } = this.keeper;
    const { issuer, isBearer } = settings;
    const { version } = state;
    const init: RequestInit = {
      method: 'POST',
      credentials: isBearer ? 'omit' : 'include',
      redirect: 'error',
      ...(isBearer
        ? {
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ refreshToken: held?.refreshToken }),
          }
        : {}),
    };
    const seen = await withDeadline(TRY_MS, async (signal) => {
      const response = await settings.fetch(`${issuer}/auth/refresh`, { ...init, signal });
      return { response, answer: await tokenAnswer(response), problem: await problemOf(response) };
    }).catch(() => undefined);
    // The cookies come before the body: they may have arrived alone, and late.
    if (!seen) return !isBearer && state.version !== version ? 'again' : 0;
    const { response, answer, problem } = seen;
    if (response.ok && answer) {
      const next = heldOf(answer, settings.now(), held);
      return state.isLate(next) ? 'again' : next;
    }
    if (problem.session === 'ended') {
      await this.keeper.endOf(held, problem.code);
      return 'done';
    }
    // A 200 that is no token answer is a page of somebody in between.
    if (response.ok || isPassing(response)) return Math.min(retryAfterOf(response, problem) * 1000, MAX_RETRY_AFTER_MS);
    throw new Refused(response.status, problem);
  }
}
