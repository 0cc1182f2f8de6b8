import type { FastifyRequest } from 'fastify';
import { hasMark, routeMark } from './route-mark.js';

interface Exception {
  /** A foreign page cannot make a browser send a bearer token. */
  readonly unlessBearer?: boolean;
}

/** A route that pages of other origins may not call even without cookies, because the answer changes the browser. */
export const OwnOriginOnly = ({ unlessBearer = false }: Exception = {}) =>
  routeMark(unlessBearer ? { ownOriginUnlessBearer: true } : { ownOrigin: true });

export const isOwnOriginOnly = (request: FastifyRequest): boolean =>
  hasMark(request, 'ownOrigin') ||
  (hasMark(request, 'ownOriginUnlessBearer') && request.headers.authorization === undefined);
