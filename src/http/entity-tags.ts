// Compares the entity tag of an answer with those that the client holds.

/** RFC 9110 §13.1.2: weakly, so that `W/"x"` is `"x"`. */
export const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch?.split(',').some((tag) => opaque(tag) === opaque(etag) || tag.trim() === '*') === true;

const opaque = (tag: string) => tag.trim().replace(/^W\//, '');
