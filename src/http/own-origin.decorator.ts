import type { FastifyRequest } from 'fastify';
import { hasMark, routeMark } from './route-mark.js';

interface Exception {
  /** With a bearer token the caller is a client and no browser that a foreign page drives. */
  readonly unlessBearer?: boolean;
}

/** A route that pages of other origins may not call although no cookie arrives, because of what it does to a browser. */
export const OwnOriginOnly = ({ unlessBearer = false }: Exception = {}) =>
  routeMark(unlessBearer ? { ownOriginUnlessBearer: true } : { ownOrigin: true });

export const isOwnOriginOnly = (request: FastifyRequest): boolean =>
  hasMark(request, 'ownOrigin') ||
  (hasMark(request, 'ownOriginUnlessBearer') && request.headers.authorization === undefined);
