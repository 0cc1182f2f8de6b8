// Where a person goes after signing in. A target that is not listed is ignored: a link to us must not lead elsewhere.
import { targetOf } from '../../packages/contract/src/return-to.js';
import { settings } from './settings.js';
import { navigate, pageOf, to } from './router.js';

const NAME = 'return_to';

/** @returns the target if it is on our own origin or on a listed one */
export function returnTo(query: URLSearchParams): URL | undefined {
  const wish = query.get(NAME);
  return wish === null ? undefined : targetOf(wish, location.origin, [location.origin, ...settings.origins]);
}

/** Leaves for the target, or for the account. */
export function leave(query: URLSearchParams): void {
  const target = returnTo(query);
  const page = target?.origin === location.origin ? pageOf(target) : undefined;
  if (target === undefined) navigate('', { replace: true });
  else if (page === undefined) location.replace(target);
  else navigate(page, { query: target.searchParams, replace: true }); // what is in memory stays
}

/** The address of another signed-out page, which keeps the target. */
export function onward(page: string, query: URLSearchParams): string {
  return to(page, kept(query));
}

export function kept(query: URLSearchParams): URLSearchParams {
  const wish = query.get(NAME);
  return new URLSearchParams(wish === null ? {} : { [NAME]: wish });
}

/** To sign in, and come back to this address. */
export function signInFor(address: string): string {
  return to('sign-in', new URLSearchParams({ [NAME]: address }));
}
