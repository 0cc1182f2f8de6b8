// Refreshes the session: one refresh at a time, repeated until it is decided.
import { type Held, heldOf } from './answers.js';
import type { Keeper } from './keeper.js';
import { locked } from './locks.js';
import { post } from './post.js';
import type { Settings } from './settings.js';
import type { MaybeHeld, State } from './state.js';
import { isPassing, Refused, retryAfterOf } from './verdicts.js';

/** A lost answer is retried several times within REFRESH_GRACE_SECONDS (60). */
const TRY_MS = 10_000;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 16_000;
/** So long at least, twice as long at most, a tab waits for another that refreshes. Then it does, too: the service replays. */
const OTHER_TAB_MS = 2_000;
/** A message of another tab may arrive a little after the lock that the tab gave back. */
const MESSAGE_MS = 500;

/** true: decided. false: at once again, as an older cookie may have come late. A number: after so many milliseconds at least. */
type Outcome = boolean | number | Refused;

export type Refresh = ReturnType<typeof newRefresh>;

export function newRefresh(settings: Settings, state: State, keeper: Keeper) {
  const { issuer, isBearer, now } = settings;
  let running: Promise<Refused | undefined> | undefined;
  let runningSince = -1;
  let firstTry: Promise<unknown> | undefined;
  let unsaved: Held | undefined;
  let wakeUp: (() => void) | undefined;
  let isClosed = false;

  async function decide(since: number): Promise<Refused | undefined> {
    const id = state.id();
    let heals = false;
    // What others have refreshed since is no reason to leave an older cookie where it is.
    const isWanted = () => !isClosed && (heals ? state.id() === id : state.version === since);
    firstTry = unsaved = undefined;
    for (let delay = FIRST_DELAY_MS; isWanted();) {
      // A storage that cannot be read now is as a network that is away.
      const trying = inTurn(isWanted).catch(() => 0);
      firstTry ??= trying;
      const outcome = await trying;
      if (outcome instanceof Refused) return outcome;
      if (outcome === true) break;
      if (outcome === false) heals = true;
      else {
        await rest(Math.max(delay, outcome) * (1 + Math.random() / 2));
        delay = Math.min(delay * 2, MAX_DELAY_MS);
      }
    }
    return undefined;
  }

  /** Until the time is over, something changed or the machine woke up. */
  async function rest(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((done) => {
      timer = setTimeout(done, ms);
      wakeUp = done;
      void state.changed().then(done);
    });
    clearTimeout(timer);
  }

  /** One tab after the other, so that those who wait learn of it and need no refresh; but not for long. */
  function inTurn(isWanted: () => boolean): Promise<Outcome> {
    const run = () => keeper.guard('shared', async () => !isWanted() || once());
    if (!settings.hasTabs) return run();
    const asked = now();
    // Not all at once: one who overtakes tells the others, who need not any more.
    const waitMs = OTHER_TAB_MS * (1 + Math.random());
    return locked(settings.locks, `watchword:${issuer}:turn`, 'exclusive', waitMs, async () => {
      if (now() - asked > 4) await rest(MESSAGE_MS);
      return run();
    });
  }

  async function once(): Promise<Outcome> {
    const { version } = state;
    const { sync, keep } = keeper;
    const stored = await sync();
    const { held } = state;
    const isDone = state.version > version && held?.accessToken && held.refreshAt > now();
    if (isDone || !settings.canRefresh || (isBearer && !held?.refreshToken)) return true;

    const next = unsaved ?? (await ask(held));
    if (typeof next !== 'object' || next instanceof Refused) return next;
    unsaved = next; // should saving fail: the old token may be worthless by the next try
    const isOvertaken = stored && (await sync())?.refreshToken !== stored.refreshToken; // after a long wait for the lock
    // If another tab's older answer was heard of during this request, either of the two cookies may have stayed.
    const isAlone = isBearer || state.version === version || state.held?.session.generation === next.session.generation;
    if (!isOvertaken) await keep(next);
    unsaved = undefined;
    return isAlone;
  }

  async function ask(held: MaybeHeld): Promise<Held | Outcome> {
    const { version } = state;
    const body = isBearer && { refreshToken: held?.refreshToken };
    const seen = await post(settings, '/auth/refresh', body, TRY_MS).catch(() => undefined);
    // The cookies come before the body: if others have refreshed meanwhile, these may have arrived alone, and late.
    if (!seen) return state.version === version && 0;
    const { response, answer, problem } = seen;
    if (answer) {
      const next = heldOf(answer, now(), held);
      return !state.isLate(next) && next;
    }
    if (problem.session === 'ended') {
      await keeper.endOf(held, problem.code);
      return true;
    }
    // A 200 that is no token answer is a page of somebody in between.
    if (response.ok || isPassing(problem)) return retryAfterOf(response, problem);
    return new Refused(problem);
  }

  /**
   * One refresh at a time: everybody who needs one waits for the same.
   * @param since the version of the state that needs it; whatever changed the state since then was the refresh
   * @returns what the service answered where it refuses without ending the session; nothing where it is decided
   */
  async function need(since = state.version): Promise<Refused | void> {
    if (running && runningSince !== since) await running;
    if (since !== state.version) return undefined;
    runningSince = since;
    running ??= decide(since).finally(() => (running = undefined));
    return Promise.race([running, state.changed()]);
  }

  return {
    need,

    /** Resolves after the first try, however it ends: whoever has a good token still need not wait for more. */
    attempt: (since: number): Promise<unknown> => Promise.race([need(since), firstTry]),

    /** The network may be back, or the machine awake: tries again without waiting for a timer. */
    wake: () => wakeUp?.(),

    close() {
      isClosed = true;
      wakeUp?.();
    },
  };
}
