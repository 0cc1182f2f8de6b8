// Compares the `htu` of a proof with the address of the request (RFC 9449 §4.3, check 9): without query and fragment, after
// the normalisation of RFC 3986 §6.2.2 and §6.2.3.

/** Of a URI that needs no repair: a parser of browsers would drop blanks and turn a backslash. */
const URI = /^https?:\/\/[\w.~:/?#[\]@!$&'()*+,;=%-]+$/i;

/** @param ours the address without query and fragment, from PUBLIC_URL and never from the Host header */
export function isSameTarget(htu: string, ours: string): boolean {
  const theirs = normalized(htu);
  return theirs !== undefined && theirs === normalized(ours);
}

/** The parser of URLs folds scheme and host, leaves the usual port out, and resolves dots in the path. */
function normalized(text: string): string | undefined {
  if (!URI.test(text) || !URL.canParse(text)) return undefined;
  const { origin, pathname, username, password } = new URL(text);
  if (username !== '' || password !== '') return undefined;
  return origin + pathname.replaceAll(/%[\da-f]{2}/gi, plainest);
}

/** RFC 3986 §6.2.2.1 and §6.2.2.2: capitals, and no escape of what needs none. */
function plainest(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
}
