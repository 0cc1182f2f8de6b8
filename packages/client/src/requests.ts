// Sends requests with the session's credentials, and once more after a refresh where the answer asks for one.
import { type Read, read } from './answers.js';
import type { Keeper } from './keeper.js';
import type { Refresh } from './refresh.js';
import type { Settings } from './settings.js';
import type { MaybeHeld, State } from './state.js';
import { addressOf, siteOf } from './trust.js';
import { asksForRefresh } from './verdicts.js';
import { waitedFor } from './waiting.js';

/** An API that refuses fresh tokens as expired (its clock is wrong) causes no refresh for so long. */
const FUTILE_MS = 30_000;
/** Weeks, as long as a timer can be: whoever sends a request decides how long it may take. */
const FOREVER_MS = 2e9;

interface Seen extends Read {
  /** What was held when the request was sent. */
  readonly held: MaybeHeld;
  readonly version: number;
}

/** @returns as the global `fetch`, which it calls untouched for every other origin */
export function newFetch(settings: Settings, state: State, keeper: Keeper, refresh: Refresh): Settings['fetch'] {
  const { issuer, isBearer, origins, now } = settings;
  const futile = new Map<string, number>();

  return async (input, init = {}) => {
    const request = typeof input === 'object' && 'url' in input ? input : undefined;
    const url = addressOf(request?.url ?? (input as string | URL), issuer);
    const site = siteOf(url);
    const headers = new Headers(init.headers ?? request?.headers);
    if (!origins.has(site) || headers.has('authorization')) return settings.fetch(input, init);
    const signal = init.signal ?? request?.signal;
    // Its answer may put another session into the browser.
    const isChange = site === issuer && /^post$/i.test(init.method ?? request?.method ?? '');

    async function send(): Promise<Seen> {
      const { held, version } = state;
      if (held?.accessToken) headers.set('authorization', `Bearer ${held.accessToken}`);
      // Never on to another origin: React Native and older browsers would take the credentials along.
      const credentials = isBearer ? 'omit' : 'include';
      const target = request ? request.clone() : url.href;
      const seen = await read(
        await settings.fetch(target, { ...init, headers, credentials, redirect: 'error' }),
        isChange,
      );
      const { answer, problem } = seen;
      const end = () => keeper.endOf(held, problem.code);
      if (answer) await keeper.adopt(answer);
      // A session that a change of the password is just replacing ends for it, too: so after the change is held.
      if (problem.session === 'ended') await (isChange ? end() : keeper.guard('shared', end));
      return { ...seen, held, version };
    }

    const once = () => (isChange ? waitedFor(keeper.guard('exclusive', send), FOREVER_MS, signal) : send());

    /** What the service refuses is told by the request's own answer. @throws Undecided, or the signal's reason */
    const wait = (refreshed: Promise<unknown>) => waitedFor(refreshed, settings.patienceMs, signal);

    /** Where it is time. A token that is still good waits for one try only. */
    async function freshen(): Promise<void> {
      const { held, version } = state;
      const hasToken = !isBearer || held?.accessToken;
      if (!held || (hasToken && held.refreshAt > now())) return;
      await wait(hasToken && held.expiresAt! > now() ? refresh.attempt(version) : refresh.need(version));
    }

    async function mayRepeat({ problem, held, version }: Seen): Promise<unknown> {
      const body = init.body as { getReader?: unknown; [Symbol.asyncIterator]?: unknown } | null | undefined;
      const isStream = body?.getReader || body?.[Symbol.asyncIterator];
      const isOfSamePerson = () => held !== state.held && state.held && (!held || state.held.user.id === held.user.id);
      const isOver = problem.session === 'ended';
      if (isStream || (isOver && !(problem.status === 401 && held))) return false;
      if (!isOver) {
        const isNobody = state.held === null || (!held && problem.code === 'unauthenticated' && site === issuer);
        const isInVain = isNobody || !settings.canRefresh || futile.get(site)! > now();
        if (isInVain || !asksForRefresh(problem, isBearer)) return false;
        await wait(refresh.need(version));
      }
      return isOfSamePerson();
    }

    await keeper.loaded();
    await freshen();
    const first = await once();
    if (!(await mayRepeat(first))) return first.response;
    const { response, problem } = await once();
    if (asksForRefresh(problem, isBearer)) futile.set(site, now() + FUTILE_MS);
    return response;
  };
}
