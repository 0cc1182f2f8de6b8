// What the way to a provider and back came to. The service says it in the query of a page of ours: it is taken out of the
// address bar at once, and handed to the page as if another page of ours had handed it over.
import { settings } from '../settings.js';
import { pageName, to } from '../router.js';
import { isTextKey, t } from '../text.js';

/** What a page may be told. */
const told: Readonly<Record<string, readonly string[]>> = {
  'sign-in': ['upstream', 'error'],
  connections: ['upstream', 'error', 'connected'],
  factor: ['methods'],
  enrol: ['due'],
};

export function startAnswer(): void {
  const page = pageName();
  const query = new URLSearchParams(location.search);
  const found = (told[page] ?? []).flatMap((name) => {
    const value = query.get(name);
    query.delete(name);
    return value === null ? [] : [[name, value] as const];
  });
  if (found.length === 0) return;
  const state = Object.fromEntries(found);
  const next = page === 'sign-in' && state['error'] === 'link_required' ? thenConnect(state['upstream'], query) : query;
  history.replaceState(state, '', to(page, next));
}

/** Whoever has an account already signs in to it, and connects the provider then. */
function thenConnect(id = '', query: URLSearchParams): URLSearchParams {
  const wish = query.get('return_to');
  if (wish?.startsWith(to('connections', new URLSearchParams({ connect: '' }))) === true) return query; // once more
  const connect = new URLSearchParams({ connect: id, ...(wish === null ? {} : { return_to: wish }) });
  return new URLSearchParams({ return_to: to('connections', connect) });
}

/** What a page says only once: a reload, and the way back to it, say it no more. */
export const forgetAnswer = (): void => history.replaceState(null, '');

/** The name of a provider, never a text of the address. */
export const labelOf = (id: string | undefined): string =>
  settings.providers.find((provider) => provider.id === id)?.label ?? t('upstream.provider');

/**
 * @param error a code, or any text that somebody has put into the address: nothing of it is shown
 * @param scope whose sentences go first
 */
export function sentenceAbout(id: string | undefined, error: string, scope: 'upstream' | 'connections'): string {
  const keys = [`${scope}.error.${error}`, `upstream.error.${error}`, `errors.${error}`, `${scope}.error.other`];
  return t(keys.find(isTextKey) ?? 'upstream.error.other', { provider: labelOf(id) });
}
