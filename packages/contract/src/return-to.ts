// Where a browser may go after signing in: the one judge of `return_to`, for the service and for its account pages.

const MAX_RETURN_TO = 2_000;

/**
 * @param wish of the address bar: anything
 * @param base what a relative address is relative to: our own origin
 * @param origins which a target may be on
 * @returns the target in the parser's spelling, which alone may be sent on; undefined if it is anywhere else
 */
export function targetOf(wish: string, base: string, origins: readonly string[]): URL | undefined {
  if (wish.length > MAX_RETURN_TO || !URL.canParse(wish, base)) return undefined;
  const url = new URL(wish, base);
  const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
  return isHttp && origins.includes(url.origin) && url.username === '' && url.password === '' ? url : undefined;
}
