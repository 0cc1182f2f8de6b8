// Takes the token of a mailed link out of the address bar. It is kept in memory only, and sent when the person clicks:
// mail scanners open links and run scripts, but do not click.
import { changed, pageName, to } from './router.js';

const purposes = ['verify', 'email', 'reset', 'invite', 'magic', 'device', 'freeze'] as const;
/** `enrol` is a page of its own: its token goes along when a factor is set up. */
export type Purpose = (typeof purposes)[number];

let held: { readonly purpose: string; readonly token: string } | undefined;

/** Link rewriters move the fragment: /account/verify%23token=…, ?token=…, and the same encoded twice. */
const TOKEN = /(?:[#?&]|%(?:25)*(?:23|3F|26))token(?:=|%(?:25)*3D)(wot_[\w-]+)/i;

export const isPurpose = (page: string): page is Purpose => purposes.some((purpose) => purpose === page);

export function startMailedToken(): void {
  take();
  addEventListener('hashchange', () => take() && changed());
}

/** @returns the token that a link for this purpose brought */
export const tokenFor = (purpose: Purpose | 'enrol'): string | undefined =>
  held?.purpose === purpose ? held.token : undefined;

/** Loads the page anew; a token that nobody has seen yet is not lost by it. */
export function loadAnew(): void {
  if (held) history.replaceState(null, '', `${to(held.purpose)}#token=${held.token}`);
  location.reload();
}

/** A token that is spent, or that opens nothing. */
export function forgetToken(): void {
  held = undefined;
}

function take(): boolean {
  const token = TOKEN.exec(location.href)?.[1];
  if (token === undefined) return false;
  const purpose = pageName();
  held = { purpose, token };
  history.replaceState(null, '', to(purpose));
  return true;
}
