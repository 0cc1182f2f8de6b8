// Sends requests with the session's credentials, and once more after a refresh where the answer asks for one.
import type { Held } from './answers.js';
import type { Keeper } from './keeper.js';
import type { Refresh } from './refresh.js';
import { addressOf, siteOf } from './trust.js';
import { asksForRefresh, type Problem, problemOf, Refused } from './verdicts.js';
import { waitedFor } from './waiting.js';

/** An API that refuses fresh tokens as expired (its clock is wrong) causes no refresh for so long. */
const FUTILE_MS = 30_000;

interface Plan {
  readonly site: string;
  readonly signal: AbortSignal | null | undefined;
  /** Its answer may put another session into the browser. */
  readonly isChange: boolean;
  readonly isRepeatable: boolean;
  send(held: Held | null | undefined): Promise<Response>;
}

interface Seen {
  readonly response: Response;
  readonly problem: Problem;
  /** What was held when the request was sent. */
  readonly held: Held | null | undefined;
  readonly version: number;
}

export class Requests {
  private readonly futile = new Map<string, number>();
  private readonly adopted = new WeakSet<Response>();

  constructor(
    private readonly keeper: Keeper,
    private readonly refresh: Refresh,
  ) {}

  /** As the global `fetch`, which it calls untouched for every other origin. */
  async fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const plan = this.planOf(input, init);
    if (!plan) return this.keeper.settings.fetch(input, init);
    await this.keeper.loaded();
    await this.freshen(plan);
    const first = await this.once(plan);
    if (!(await this.mayRepeat(plan, first))) return first.response;
    const second = await this.once(plan);
    if (asksForRefresh(second.response, second.problem, this.transport))
      this.futile.set(plan.site, this.keeper.settings.now() + FUTILE_MS);
    return second.response;
  }

  /** Holds the session of a token answer, once. @returns whether it is a token answer */
  async adopt(response: Response): Promise<boolean> {
    if (this.adopted.has(response)) return true;
    const adopted = await this.keeper.adopt(response);
    if (adopted === 'late') this.refresh.need().catch(() => undefined);
    if (adopted === 'none') return false;
    this.adopted.add(response);
    return true;
  }

  private get transport(): string {
    return this.keeper.settings.isBearer ? 'bearer' : 'cookie';
  }

  /** @returns undefined for a request that gets no credentials of ours */
  private planOf(input: string | URL | Request, init: RequestInit): Plan | undefined {
    const { issuer, origins, isBearer, fetch } = this.keeper.settings;
    const url = addressOf(input, issuer);
    const request = typeof input === 'object' && 'url' in input ? input : undefined;
    const headers = new Headers(init.headers ?? request?.headers);
    const site = siteOf(url);
    if (!origins.has(site) || headers.has('authorization')) return undefined;
    const { body } = init;
    const isStream = typeof body === 'object' && body && ('getReader' in body || Symbol.asyncIterator in body);
    return {
      site,
      signal: init.signal ?? request?.signal,
      isChange: site === issuer && (init.method ?? request?.method ?? '').toUpperCase() === 'POST',
      isRepeatable: !isStream,
      send: (held) => {
        if (isBearer && held?.accessToken) headers.set('authorization', `Bearer ${held.accessToken}`);
        // Never on to another origin: React Native and older browsers would take the credentials along.
        const redirect = init.redirect === 'manual' ? 'manual' : 'error';
        const credentials = isBearer ? 'omit' : 'include';
        return fetch(request ? request.clone() : url.href, { ...init, headers, credentials, redirect });
      },
    };
  }

  /** Refreshes before the request where it is time. A token that is still good waits for one try only. */
  private async freshen({ signal }: Plan): Promise<void> {
    const { settings, state } = this.keeper;
    const { held, version } = state;
    const hasToken = !settings.isBearer || held?.accessToken !== undefined;
    if (!held || (hasToken && held.refreshAt > settings.now())) return;
    const isGood = hasToken && held.expiresAt > settings.now();
    await this.wait(isGood ? this.refresh.attempt(version) : this.refresh.need(version), signal);
  }

  /** @throws Undecided, or the signal's reason; what the service refuses is told by the request's own answer */
  private async wait(refresh: Promise<void>, signal: AbortSignal | null | undefined): Promise<void> {
    const decided = refresh.catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
    });
    await waitedFor(decided, this.keeper.settings.patienceMs, signal);
  }

  private once(plan: Plan): Promise<Seen> {
    if (!plan.isChange) return this.sendAndRead(plan);
    return waitedFor(
      this.keeper.guard('exclusive', () => this.sendAndRead(plan)),
      Infinity,
      plan.signal,
    );
  }

  private async sendAndRead(plan: Plan): Promise<Seen> {
    const { keeper } = this;
    const { held, version } = keeper.state;
    const response = await plan.send(held);
    const problem = await problemOf(response);
    // A session that a change of the password is just replacing ends for it, too: so after the change is held.
    const end = () => keeper.endOf(held, problem.code);
    if (problem.session === 'ended') await (plan.isChange ? end() : keeper.guard('shared', end));
    else if (plan.isChange) await this.adopt(response);
    return { response, problem, held, version };
  }

  private async mayRepeat(plan: Plan, { response, problem, held, version }: Seen): Promise<boolean> {
    const { settings, state } = this.keeper;
    if (!plan.isRepeatable) return false;
    const isNewSession = () => held !== state.held && state.held?.user.id === held?.user.id;
    if (problem.session === 'ended') return response.status === 401 && !!held && isNewSession();
    if (!asksForRefresh(response, problem, this.transport) || !settings.canRefresh()) return false;
    const isNobody =
      state.held === null || (!held && problem.code === 'unauthenticated' && plan.site === settings.issuer);
    if (isNobody || (this.futile.get(plan.site) ?? 0) > settings.now()) return false;
    await this.wait(this.refresh.need(version), plan.signal);
    return state.version !== version && !!state.held && (!held || isNewSession());
  }
}
