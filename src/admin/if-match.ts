// Reads If-Match (RFC 9110 §13.1.1): the revisions of a user at which an act may happen. Pure.
import type { Revisions } from '../users/user-status.js';

const MAX_REVISION = 2 ** 31 - 1;

/** A weak tag matches nothing there, and neither does what is no tag of ours. @returns undefined for any revision */
export function revisionsIn(ifMatch: string | undefined): Revisions {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  const tags = ifMatch.split(',').map((tag) => /^"(\d{1,10})"$/.exec(tag.trim())?.[1]);
  return tags.map(Number).filter((revision) => revision <= MAX_REVISION);
}

export const etagOf = ({ revision }: { readonly revision: number }): string => `"${revision}"`;
