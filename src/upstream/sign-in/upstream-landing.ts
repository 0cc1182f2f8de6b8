// Says where a browser goes after a provider, or instead of it. It came by a navigation: it gets no JSON where
// there is a page that explains.
import { Injectable } from '@nestjs/common';
import { targetOf } from '../../../packages/contract/src/return-to.js';
import { Config } from '../../config/config.js';
import type { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import { UpstreamFigures } from './upstream-figures.js';
import type { UpstreamWish } from './upstream-requests.js';

type Way = Pick<UpstreamWish, 'purpose' | 'transport' | 'returnTo' | 'appState'>;

const CONNECTIONS = '/account/connections';

@Injectable()
export class UpstreamLanding {
  constructor(
    private readonly config: Config,
    private readonly figures: UpstreamFigures,
  ) {}

  /** @returns the wished target if it is on our own origin or a listed one: an address to us must not lead elsewhere */
  returnTo(wish: string | undefined): string | null {
    const origins = [...this.config.ownOrigins, ...this.config.ALLOWED_ORIGINS];
    return (wish === undefined ? undefined : targetOf(wish, this.config.publicUrl, origins)?.href) ?? null;
  }

  /** @returns undefined where there is nowhere to go */
  signedIn({ returnTo }: Way): string | undefined {
    return returnTo ?? (this.hasPages ? this.page('', {}) : undefined);
  }

  linked(provider: string, { returnTo }: Way): string | undefined {
    const url = new URL(returnTo ?? this.page('connections', {}));
    if (this.isConnections(url)) url.searchParams.set('connected', provider);
    return returnTo !== null || this.hasPages ? url.href : undefined;
  }

  /** To the app. @param answer `code`, or `error` */
  toApp({ returnTo, appState }: Way, answer: Readonly<Record<string, string>>): string {
    const query = new URLSearchParams({ ...answer, ...(appState === null ? {} : { state: appState }) });
    const address = returnTo ?? '';
    return `${address}${address.includes('?') ? '&' : '?'}${query.toString()}`;
  }

  /**
   * @param id as it stands in the address: perhaps of no provider
   * @param way undefined where the request is not known
   * @throws the refusal where there is no page for it
   */
  refused(id: string, way: Way | undefined, refusal: Refusal, caller: Caller): string {
    const provider = this.config.upstreamProviders.find((each) => each.id === id)?.id ?? 'unknown';
    this.figures.refused(provider, refusal, caller);
    if (way?.transport === 'bearer') return this.toApp(way, { error: refusal.code });
    if (!this.hasPages) throw refusal;
    const { code, members } = refusal;
    const kept = way?.returnTo === null || way?.returnTo === undefined ? {} : { return_to: way.returnTo };
    if (code === 'second_factor_required')
      return this.page('factor', { methods: (members.methods ?? []).join(' '), ...kept });
    if (code === 'enrolment_required') return this.page('enrol', { due: 'upstream', ...kept });
    const error = { upstream: provider, error: code };
    if (way?.purpose !== 'link') return this.page('sign-in', { ...error, ...kept });
    return this.page('connections', { ...error, ...this.keptIn(way.returnTo) });
  }

  private get hasPages(): boolean {
    return this.config.ACCOUNT_PAGES === 'on';
  }

  /** What the page of connections was to return to. */
  private keptIn(returnTo: string | null): Record<string, string> {
    const url = returnTo === null ? undefined : new URL(returnTo);
    const kept = url && this.isConnections(url) ? url.searchParams.get('return_to') : null;
    return kept === null ? {} : { return_to: kept };
  }

  private isConnections({ origin, pathname }: URL): boolean {
    return this.config.ownOrigins.has(origin) && pathname === CONNECTIONS;
  }

  private page(name: string, query: Readonly<Record<string, string>>): string {
    const url = new URL(name === '' ? '/account' : `/account/${name}`, this.config.publicUrl);
    url.search = new URLSearchParams(query).toString();
    return url.href;
  }
}
