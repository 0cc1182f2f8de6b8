// To whom credentials may go: the issuer and the APIs that were listed, by exact origin.
import { platform } from './platform.js';

/**
 * @returns the origin, as requests are compared with it
 * @throws TypeError for anything but an http(s) origin: a path, a query or a user name would promise more than is kept
 */
export function originOf(text: string): string {
  if (!/^https?:\/\/[^/?#@*\\\s]+\/?$/i.test(text)) throw new TypeError(text);
  return new URL(text).origin;
}

/** @returns the address that the request would go to; in Node, where there is no page, a path is the issuer's */
export function addressOf(input: string | URL, issuer: string): URL {
  const base = platform.document?.baseURI ?? platform.location?.href ?? issuer;
  return new URL(input, base);
}

/** Not `url.origin`: that of blob: is the origin that made it. */
export const siteOf = ({ protocol, host }: URL): string => `${protocol}//${host}`;
