// Which page is shown. Links are ordinary <a href>; a plain click on one changes the page without loading it anew.
import { useEffect, useState } from 'preact/hooks';
import { pageNameIn } from '../../packages/contract/src/account-pages.js';

const BASE = '/account';

export interface Place {
  /** The name of the page; '' is the profile. */
  readonly page: string;
  /** What follows the name in the address, part by part. */
  readonly behind: readonly string[];
  readonly query: URLSearchParams;
  /** What the page before handed over; it is in no address, and survives a reload. */
  readonly state: Readonly<Record<string, string>>;
  /** Counts up with each change, so that a page that is opened again starts anew. */
  readonly visit: number;
}

interface Move {
  readonly query?: URLSearchParams;
  readonly state?: Readonly<Record<string, string>>;
  /** The present entry of the history is overwritten: Back does not lead here. */
  readonly replace?: boolean;
}

const watchers = new Set<() => void>();
let visit = 0;

/** No page has this name. */
const NONE = '?';

/** @returns the name of the page of ours at this address */
export function pageOf({ pathname, hash }: URL): string | undefined {
  const found = /^\/account(?:\/(admin\/[a-z]+(?:\/[\da-f-]{36})?|[a-z-]*))?$/.exec(pathname);
  return found && hash === '' ? (found[1] ?? '') : undefined;
}

export const pageName = (): string => pageNameIn(location.pathname.slice(BASE.length + 1)) ?? NONE;

function place(): Place {
  const state = (history.state ?? {}) as Readonly<Record<string, string>>;
  const [, ...behind] = location.pathname.slice(BASE.length + 1).split('/');
  return { page: pageName(), behind, query: new URLSearchParams(location.search), state, visit };
}

/** @returns the address of a page */
export function to(page: string, query = new URLSearchParams()): string {
  const text = query.toString();
  return `${BASE}${page === '' ? '' : `/${page}`}${text === '' ? '' : `?${text}`}`;
}

let question: string | undefined;

/**
 * Asks before the page is left, because what it shows is shown once.
 * @returns a function that lets go
 */
export function holdPlace(asked: string): () => void {
  const hold = (event: Event) => event.preventDefault();
  question = asked;
  addEventListener('beforeunload', hold);
  return () => {
    question = undefined;
    removeEventListener('beforeunload', hold);
  };
}

// oxlint-disable-next-line no-alert -- as the browser asks before another page is loaded
const mayLeave = (): boolean => question === undefined || confirm(question);

export function navigate(page: string, { query, state, replace = false }: Move = {}): void {
  const address = to(page, query);
  if (replace) history.replaceState(state ?? null, '', address);
  else history.pushState(state ?? null, '', address);
  changed();
  scrollTo(0, 0);
}

/** What the page shows when somebody comes back to it. It is not shown anew. */
export const keep = (state: Readonly<Record<string, string>>): void => history.replaceState(state, '');

/** Shows the present place anew. */
export function changed(): void {
  visit += 1;
  for (const watch of watchers) watch();
}

/** Whether the page was reached from another one of ours: then its heading takes the focus. */
export const hasMoved = (): boolean => visit > 0;

export function usePlace(): Place {
  const [present, setPresent] = useState(place);
  useEffect(() => {
    const watch = () => setPresent(place());
    watchers.add(watch);
    return () => watchers.delete(watch) && undefined;
  }, []);
  return present;
}

export function startRouter(): void {
  let isReturning = false;
  addEventListener('popstate', () => {
    if (isReturning) isReturning = false;
    else if (mayLeave()) changed();
    else {
      isReturning = true;
      history.forward();
    }
  });
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element && event.target.closest('a');
    if (!link || !isPlain(event) || link.target !== '' || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !/^\/account(?:\/|$)/.test(url.pathname)) return;
    event.preventDefault();
    if (!mayLeave()) return;
    history.pushState(null, '', url);
    changed();
    scrollTo(0, 0);
  });
}

const isPlain = ({ button, altKey, ctrlKey, metaKey, shiftKey, defaultPrevented }: MouseEvent) =>
  button === 0 && !altKey && !ctrlKey && !metaKey && !shiftKey && !defaultPrevented;
